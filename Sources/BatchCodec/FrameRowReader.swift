import Telemetry

/// Reads what ``FrameRowWriter`` wrote. Counts are held to ``BatchLimits/maximumRecords`` before anything is allocated.
struct FrameRowReader {
  private let layout: FrameLayout
  private var expectation: FrameExpectation

  init(_ layout: FrameLayout) {
    self.layout = layout
    expectation = FrameExpectation(layout)
  }

  /// What a row takes at least: device, time, and a run of qualities.
  private static let minimumRowBytes = 4

  mutating func read(_ reader: inout ByteReader, into out: inout FrameRows) throws(CodecError) {
    let count = try reader.count("rows", limit: BatchLimits.maximumRecords)
    guard count * Self.minimumRowBytes <= reader.remaining else { throw reader.truncated("the rows") }
    out.rows.reserveCapacity(out.rows.count + count)
    var time: Int64 = 0
    var records = 0
    for _ in 0..<count {
      let device = try reader.count("device index", limit: max(0, layout.kinds.count - 1))
      guard device < layout.kinds.count else {
        throw CodecError(.malformed, offset: reader.offset, "a device that the catalogue does not hold")
      }
      time &+= try reader.zigzag("time of a row")
      let tags = layout.range(device).count
      records += tags
      guard records <= BatchLimits.maximumRecords else {
        throw CodecError(.limitExceeded, offset: reader.offset, "more than \(BatchLimits.maximumRecords) samples")
      }
      out.rows.append(FrameRows.Row(device: device, time: Timestamp(milliseconds: time), start: out.bits.count))
      let first = out.qualities.count
      let allHaveValues = try readQualities(tags, &reader, into: &out)
      try readValues(device, &reader, first: first, allHaveValues: allHaveValues, into: &out)
    }
  }

  /// The texts of the rows from `first` on, in the order of rows and tags.
  func readTexts(_ reader: inout ByteReader, from first: Int, into out: inout FrameRows) throws(CodecError) {
    for row in out.rows[first...] {
      for (tag, place) in layout.range(row.device).enumerated()
      where layout.types[place] == .text && out.qualities[row.start + tag].hasValue {
        let text = try reader.text("a text", limit: TextTable.maximumTextBytes)
        out.bits[row.start + tag] = out.texts.index(of: text)
      }
    }
  }

  private func readQualities(
    _ count: Int, _ reader: inout ByteReader, into out: inout FrameRows
  ) throws(CodecError) -> Bool {
    var left = count
    var allHaveValues = true
    while left > 0 {
      let quality = Quality(rawValue: try reader.byte("a quality"))
      let run = try reader.count("run of qualities", limit: left)
      guard run > 0 else { throw CodecError(.malformed, offset: reader.offset, "an empty run of qualities") }
      out.qualities.append(contentsOf: repeatElement(quality, count: run))
      allHaveValues = allHaveValues && quality.hasValue
      left -= run
    }
    return allHaveValues
  }

  private mutating func readValues(
    _ device: Int, _ reader: inout ByteReader, first: Int, allHaveValues: Bool, into out: inout FrameRows
  ) throws(CodecError) {
    let start = expectation.begin(device)
    var states: UInt8 = 0
    /// Places of the booleans whose byte is still to come.
    var waiting: [Int] = []
    for tag in 0..<layout.range(device).count {
      guard allHaveValues || out.qualities[first + tag].hasValue else {
        out.bits.append(0)
        continue
      }
      let place = start + tag
      switch layout.types[place] {
      case .boolean:
        waiting.append(out.bits.count)
        out.bits.append(0)
        guard waiting.count == 8 else { continue }
        states = try reader.byte("states")
        Self.spread(states, over: &waiting, in: &out.bits)
      // The texts of all rows stand behind them.
      case .text: out.bits.append(0)
      case .integer: out.bits.append(try number(place, &reader))
      case .float32:
        let ordered = Int32(truncatingIfNeeded: try number(place, &reader))
        out.bits.append(Int64(SortableFloat.pattern(ordered)))
      case .float64: out.bits.append(try double(place, &reader))
      }
    }
    guard !waiting.isEmpty else { return }
    let left = waiting.count
    states = try reader.byte("states")
    guard states >> UInt8(left) == 0 else {
      throw CodecError(.malformed, offset: reader.offset, "states of more tags than there are")
    }
    Self.spread(states, over: &waiting, in: &out.bits)
  }

  private static func spread(_ states: UInt8, over waiting: inout [Int], in bits: inout [Int64]) {
    for (index, place) in waiting.enumerated() { bits[place] = Int64(states >> UInt8(index) & 1) }
    waiting.removeAll(keepingCapacity: true)
  }

  private mutating func number(_ place: Int, _ reader: inout ByteReader) throws(CodecError) -> Int64 {
    let value = expectation.values[place] &+ (try reader.zigzag("a value"))
    expectation.values[place] = value
    return value
  }

  private mutating func double(_ place: Int, _ reader: inout ByteReader) throws(CodecError) -> Int64 {
    let decimals = try reader.count("decimals", limit: DecimalFloat.maximumDecimals + 1) - 1
    guard decimals >= 0 else { return Int64(bitPattern: SortableFloat.pattern(try number(place, &reader))) }
    let bits = DecimalFloat.bits(try reader.zigzag("a decimal"), decimals: decimals, isSingle: false)
    expectation.values[place] = SortableFloat.order(UInt64(bitPattern: bits))
    return bits
  }
}
