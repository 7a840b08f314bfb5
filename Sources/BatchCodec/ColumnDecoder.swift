import Telemetry

/// Reads the columns that ``ColumnEncoder`` wrote. Rows times tags were held to ``BatchLimits/maximumRecords`` before.
struct ColumnDecoder {
  var sections: SectionReader
  private var starts = ColumnStarts()
  private(set) var quality = Quality.good
  /// Readings of ``quality`` that are still to come.
  var qualityRun = 0

  init(_ sections: SectionReader) {
    self.sections = sections
  }

  mutating func block(device: Int, rows: Int, tags: [TagDefinition]) throws(CodecError) -> DeviceColumns {
    var block = DeviceColumns(device: device, tagCount: tags.count)
    block.times = try times(rows)
    for (index, tag) in tags.enumerated() {
      let qualities = try readQualities(rows)
      let kept = qualities.count { $0.hasValue }
      let place = ColumnStarts.place(tag: index, .values)
      let texts = try texts(kept, type: tag.type)
      let values = try values(kept, type: tag.type, texts: texts, place: place)
      block.columns[index] = DeviceColumns.Column(
        bits: kept == rows ? values : Self.spread(values, qualities.lazy.map(\.hasValue)), qualities: qualities,
        texts: texts)
    }
    return block
  }

  mutating func aggregates(
    device: Int, period: Int64, rows: Int, tags: [TagDefinition]
  ) throws(CodecError) -> DeviceAggregates {
    var block = DeviceAggregates(device: device, periodMilliseconds: period, times: try times(rows), columns: [])
    for (index, tag) in tags.enumerated() {
      let counts = try numbers(rows, place: ColumnStarts.place(tag: index, .counts), kind: .integer)
      guard counts.allSatisfy({ $0 >= 0 }) else { throw malformed("a count below 0") }
      let kept = counts.count { $0 > 0 }
      let texts = try texts(kept, type: tag.type)
      func values(_ part: ColumnStarts.Part, _ type: ValueType) throws(CodecError) -> [Int64] {
        // Of texts only the last one is kept.
        if type == .text, part != .maximums { return Array(repeating: 0, count: kept) }
        return try self.values(kept, type: type, texts: texts, place: ColumnStarts.place(tag: index, part))
      }
      let minimums = try values(.minimums, tag.type)
      let maximums = try values(.maximums, tag.type)
      let totals = try values(.totals, tag.type.ofTotals)
      let isThere = counts.map { $0 > 0 }
      block.columns.append(
        DeviceAggregates.Column(
          minimums: Self.spread(minimums, isThere), maximums: Self.spread(maximums, isThere),
          totals: Self.spread(totals, isThere), counts: counts, texts: texts))
    }
    return block
  }

  func finish() throws(CodecError) {
    guard qualityRun == 0 else { throw malformed("more qualities than readings") }
    try sections.expectEnd()
  }

  private func malformed(_ detail: String) -> CodecError { CodecError(.malformed, offset: 0, detail) }

  /// The values at the rows that have one, 0 at the others.
  private static func spread(_ values: [Int64], _ isThere: some Sequence<Bool>) -> [Int64] {
    var next = 0
    return isThere.map { isThere in
      guard isThere else { return 0 }
      next += 1
      return values[next - 1]
    }
  }

  mutating func times(_ rows: Int) throws(CodecError) -> [Timestamp] {
    try numbers(rows, place: ColumnStarts.times, kind: .integer).map(Timestamp.init(milliseconds:))
  }

  private mutating func readQualities(_ count: Int) throws(CodecError) -> [Quality] {
    var result: [Quality] = []
    result.reserveCapacity(count)
    while result.count < count {
      if qualityRun == 0 { try beginQualityRun() }
      let taken = min(qualityRun, count - result.count)
      result.append(contentsOf: repeatElement(quality, count: taken))
      qualityRun -= taken
    }
    return result
  }

  mutating func beginQualityRun() throws(CodecError) {
    quality = Quality(rawValue: try sections[.qualities].byte("a quality"))
    qualityRun = try sections[.qualities].count("run of qualities", limit: BatchLimits.maximumRecords)
    guard qualityRun > 0 else { throw malformed("an empty run of qualities") }
  }

  /// The table of a column of texts; every text of it is some reading's, so there are at most as many.
  mutating func texts(_ count: Int, type: ValueType) throws(CodecError) -> TextTable {
    var table = TextTable()
    guard type == .text, count > 0 else { return table }
    let distinct = try sections[.texts].count("texts of a column", limit: count)
    for expected in 0..<Int64(distinct) {
      let text = try sections[.texts].text("a text", limit: TextTable.maximumTextBytes)
      guard table.index(of: text) == expected else { throw malformed("a column with the same text twice") }
    }
    return table
  }

  mutating func values(
    _ count: Int, type: ValueType, texts: TextTable, place: Int
  ) throws(CodecError) -> [Int64] {
    guard count > 0 else { return [] }
    switch type {
    case .text:
      let indices = try numbers(count, place: ColumnStarts.none, kind: .integer)
      let range = Int64(0)..<Int64(texts.texts.count)
      guard indices.allSatisfy(range.contains) else { throw malformed("a text that its column does not hold") }
      return indices
    case .boolean: return try states(count)
    case .integer: return try numbers(count, place: place, kind: .integer)
    case .float32, .float64: return try floats(count, place: place, isSingle: type == .float32)
    }
  }

  private mutating func states(_ count: Int) throws(CodecError) -> [Int64] {
    var values: [Int64] = []
    values.reserveCapacity(count)
    while values.count < count {
      let run = try stateRun(count - values.count)
      values.append(contentsOf: repeatElement(run.state, count: run.length))
    }
    return values
  }

  mutating func stateRun(_ most: Int) throws(CodecError) -> (state: Int64, length: Int) {
    let coded = try sections[.states].varint("a run of states")
    let run = coded >> 1
    guard run > 0, run <= UInt64(most) else { throw malformed("a run of \(run) states where at most \(most) fit") }
    return (Int64(coded & 1), Int(run))
  }

  private mutating func floats(_ count: Int, place: Int, isSingle: Bool) throws(CodecError) -> [Int64] {
    let decimals = try sections[.forms].count("decimals", limit: DecimalFloat.maximumDecimals + 1) - 1
    if decimals >= 0 {
      return try numbers(count, place: place, kind: .decimal(decimals)).map {
        DecimalFloat.bits($0, decimals: decimals, isSingle: isSingle)
      }
    }
    let ordered = try numbers(count, place: place, kind: isSingle ? .float32 : .float64)
    return ordered.map { value in
      isSingle
        ? Int64(SortableFloat.pattern(Int32(truncatingIfNeeded: value)))
        : Int64(bitPattern: SortableFloat.pattern(value))
    }
  }

  private mutating func numbers(_ count: Int, place: Int, kind: ColumnStarts.Kind) throws(CodecError) -> [Int64] {
    guard count > 0 else { return [] }
    let form = try form(count)
    var head = [try sections[.bases].zigzag("the start of a column") &+ starts.expected(at: place, kind)]
    starts.set(head[0], at: place, kind)
    if form.order == 2 { head.append(try sections[.bases].zigzag("a first difference")) }
    let base = form.order == 0 ? head.removeFirst() : try sections[.bases].zigzag("the least residual")
    var result = head
    result.reserveCapacity(count)
    try unpack(form, count - head.count, base: base, into: &result)
    // Differences are taken back in the reverse of the order in which they were made.
    for first in stride(from: form.order, to: 0, by: -1) {
      for index in first..<count { result[index] &+= result[index - 1] }
    }
    return result
  }

  mutating func form(_ count: Int) throws(CodecError) -> ColumnForm {
    let code = try sections[.forms].byte("the form of a column")
    guard let form = ColumnForm(code: code), form.order < count else {
      throw malformed("form \(code) of a column of \(count) numbers")
    }
    return form
  }

  private mutating func unpack(
    _ form: ColumnForm, _ count: Int, base: Int64, into result: inout [Int64]
  ) throws(CodecError) {
    switch form.width {
    case 0: result.append(contentsOf: repeatElement(base, count: count))
    case 1: try sections[.packed1].unpack(count, bits: 1, base: base, into: &result)
    case 2: try sections[.packed2].unpack(count, bits: 2, base: base, into: &result)
    case 3: try sections[.packed4].unpack(count, bits: 4, base: base, into: &result)
    case 4: try sections[.packed8].unpack(count, bits: 8, base: base, into: &result)
    default:
      let first = result.count
      result.append(contentsOf: repeatElement(base, count: count))
      for plane in 0..<form.planes {
        let bytes = try sections[plane: plane].take(count, "a plane")
        for (offset, byte) in bytes.enumerated() { result[first + offset] &+= Int64(byte) << Int64(8 * plane) }
      }
    }
  }
}
