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
    let places = start..<start + layout.range(device).count
    let row = out.bits.count
    out.bits.append(contentsOf: repeatElement(0, count: places.count))
    let (types, qualities) = (layout.types, allHaveValues ? [] : out.qualities)
    // Who owns these arrays is looked up once a row, and not once a value.
    try out.bits.withUnsafeMutableBufferPointer { (bits) throws(CodecError) in
      try expectation.values.withUnsafeMutableBufferPointer { (expected) throws(CodecError) in
        var values = RowValues(bits: bits, expected: expected, next: row)
        for place in places {
          if allHaveValues || qualities[first + place - start].hasValue {
            try values.read(types[place], place, &reader)
          } else {
            values.next += 1
          }
        }
        try values.finish(&reader)
      }
    }
  }
}

/// The values of one row, on their way from the frame's bytes to their places.
private struct RowValues {
  let bits: UnsafeMutableBufferPointer<Int64>
  let expected: UnsafeMutableBufferPointer<Int64>
  /// Where the next value belongs in `bits`.
  var next: Int
  /// Places of the booleans whose byte is still to come, eight at most.
  private var waiting: InlineArray<8, Int> = .init(repeating: 0)
  private var waitingCount = 0

  init(bits: UnsafeMutableBufferPointer<Int64>, expected: UnsafeMutableBufferPointer<Int64>, next: Int) {
    self.bits = bits
    self.expected = expected
    self.next = next
  }

  mutating func read(_ type: ValueType, _ place: Int, _ reader: inout ByteReader) throws(CodecError) {
    switch type {
    case .boolean:
      waiting[waitingCount] = next
      waitingCount += 1
      if waitingCount == 8 { spread(try reader.byte("states")) }
    // The texts of all rows stand behind them.
    case .text: break
    case .integer: bits[next] = try number(place, &reader)
    case .float32:
      let ordered = Int32(truncatingIfNeeded: try number(place, &reader))
      bits[next] = Int64(SortableFloat.pattern(ordered))
    case .float64: bits[next] = try double(place, &reader)
    }
    next += 1
  }

  /// The states of the last booleans.
  mutating func finish(_ reader: inout ByteReader) throws(CodecError) {
    guard waitingCount > 0 else { return }
    let states = try reader.byte("states")
    guard states >> UInt8(waitingCount) == 0 else {
      throw CodecError(.malformed, offset: reader.offset, "states of more tags than there are")
    }
    spread(states)
  }

  private mutating func spread(_ states: UInt8) {
    for index in 0..<waitingCount { bits[waiting[index]] = Int64(states >> UInt8(index) & 1) }
    waitingCount = 0
  }

  private func number(_ place: Int, _ reader: inout ByteReader) throws(CodecError) -> Int64 {
    let value = expected[place] &+ (try reader.zigzag("a value"))
    expected[place] = value
    return value
  }

  private func double(_ place: Int, _ reader: inout ByteReader) throws(CodecError) -> Int64 {
    let decimals = try reader.count("decimals", limit: DecimalFloat.maximumDecimals + 1) - 1
    guard decimals >= 0 else { return Int64(bitPattern: SortableFloat.pattern(try number(place, &reader))) }
    let bits = DecimalFloat.bits(try reader.zigzag("a decimal"), decimals: decimals, isSingle: false)
    expected[place] = SortableFloat.order(UInt64(bitPattern: bits))
    return bits
  }
}
