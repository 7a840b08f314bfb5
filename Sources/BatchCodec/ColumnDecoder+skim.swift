import Telemetry

/// Reading columns without unpacking their values. Whatever the other way refuses is refused here too.
extension ColumnDecoder {
  /// The times of a block of samples, and by tag whether any reading is not absent.
  ///
  /// - Parameter rows: more than 0.
  mutating func skim(rows: Int, tags: [TagDefinition]) throws(CodecError) -> (times: [Timestamp], speaks: [Bool]) {
    let times = try times(rows)
    var speaks: [Bool] = []
    speaks.reserveCapacity(tags.count)
    for tag in tags {
      let (kept, speaksHere) = try countQualities(rows)
      speaks.append(speaksHere)
      guard kept > 0 else { continue }
      switch tag.type {
      case .boolean: try skipStates(kept)
      case .integer: try skipNumbers(kept)
      // Whether each index has its text shows only when all are read.
      case .text: _ = try values(kept, type: .text, texts: try texts(kept, type: .text), place: ColumnStarts.none)
      case .float32, .float64:
        _ = try sections[.forms].count("decimals", limit: DecimalFloat.maximumDecimals + 1)
        try skipNumbers(kept)
      }
    }
    return (times, speaks)
  }

  /// How many readings have a value, and whether any is not absent.
  private mutating func countQualities(_ count: Int) throws(CodecError) -> (kept: Int, speaks: Bool) {
    var (kept, speaks, left) = (0, false, count)
    while left > 0 {
      if qualityRun == 0 { try beginQualityRun() }
      let taken = min(qualityRun, left)
      if quality.hasValue { kept += taken }
      speaks = speaks || quality.level != .absent
      qualityRun -= taken
      left -= taken
    }
    return (kept, speaks)
  }

  private mutating func skipStates(_ count: Int) throws(CodecError) {
    var left = count
    while left > 0 { left -= try stateRun(left).length }
  }

  private mutating func skipNumbers(_ count: Int) throws(CodecError) {
    let form = try form(count)
    for _ in 0...form.order { _ = try sections[.bases].varint("the start of a column") }
    let left = count - form.order
    switch form.width {
    case 0: break
    case 1: try sections[.packed1].skipPacked(left, bits: 1)
    case 2: try sections[.packed2].skipPacked(left, bits: 2)
    case 3: try sections[.packed4].skipPacked(left, bits: 4)
    case 4: try sections[.packed8].skipPacked(left, bits: 8)
    default: for plane in 0..<form.planes { try sections[plane: plane].skip(left, "a plane") }
    }
  }
}
