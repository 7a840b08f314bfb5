import Telemetry

/// Reads the column streams that ``ColumnEncoder`` wrote.
struct ColumnDecoder {
  private var times: ByteReader
  private var qualities: ByteReader
  private var modes: ByteReader
  private var integers: ByteReader
  private let float32s: ByteReader
  private let float64s: ByteReader
  private var float32Index = 0
  private var float64Index = 0

  init(_ reader: inout ByteReader) throws(CodecError) {
    times = try reader.section("times")
    qualities = try reader.section("qualities")
    modes = try reader.section("modes")
    integers = try reader.section("integers")
    float32s = try reader.section("float32 planes")
    float64s = try reader.section("float64 planes")
    guard float32s.remaining % 4 == 0, float64s.remaining % 8 == 0 else {
      throw CodecError(.malformed, offset: reader.offset, "float planes of unequal length")
    }
  }

  /// - Precondition: `rows` times the tags is within ``BatchLimits/maximumRecords``.
  mutating func block(device: Int, rows: Int, tags: [TagDefinition]) throws(CodecError) -> DeviceColumns {
    var block = DeviceColumns(device: device, tagCount: tags.count)
    block.times = try readTimes(rows)
    let all = try readQualities(rows * tags.count)
    for (index, tag) in tags.enumerated() {
      let slice = Array(all[index * rows..<(index + 1) * rows])
      let bits = try readValues(slice, type: tag.type)
      block.columns[index] = DeviceColumns.Column(bits: bits, qualities: slice)
    }
    return block
  }

  /// - Precondition: `rows` times the tags is within ``BatchLimits/maximumRecords``.
  mutating func aggregates(device: Int, rows: Int, tags: [TagDefinition]) throws(CodecError) -> DeviceAggregates {
    var block = DeviceAggregates(device: device, periodMilliseconds: 0, times: try readTimes(rows), columns: [])
    for tag in tags {
      var column = DeviceAggregates.Column()
      column.counts = try readColumn(rows, type: .integer)
      guard column.counts.allSatisfy({ $0 >= 0 }) else {
        throw CodecError(.malformed, offset: integers.offset, "a count below 0")
      }
      let kept = column.counts.count { $0 > 0 }
      func spread(_ values: [Int64]) -> [Int64] {
        var next = 0
        return column.counts.map { count in
          guard count > 0 else { return 0 }
          next += 1
          return values[next - 1]
        }
      }
      column.minimums = spread(try readColumn(kept, type: tag.type))
      column.maximums = spread(try readColumn(kept, type: tag.type))
      column.totals = spread(try readColumn(kept, type: tag.type == .boolean ? .integer : tag.type))
      block.columns.append(column)
    }
    return block
  }

  func finish() throws(CodecError) {
    try times.expectEnd("times")
    try qualities.expectEnd("qualities")
    try modes.expectEnd("modes")
    try integers.expectEnd("integers")
    guard float32Index * 4 == float32s.remaining, float64Index * 8 == float64s.remaining else {
      throw CodecError(.malformed, offset: 0, "float values left over")
    }
  }

  private mutating func readTimes(_ rows: Int) throws(CodecError) -> [Timestamp] {
    // Each row takes at least a byte, so a count without bytes behind it allocates nothing.
    guard rows <= times.remaining else { throw times.truncated("times") }
    var result: [Timestamp] = []
    result.reserveCapacity(rows)
    var previous: Int64 = 0
    var previousDelta: Int64 = 0
    for row in 0..<rows {
      let coded = try times.zigzag("a time")
      let delta = row < 2 ? coded : coded &+ previousDelta
      previous = previous &+ delta
      previousDelta = delta
      result.append(Timestamp(milliseconds: previous))
    }
    return result
  }

  private mutating func readQualities(_ count: Int) throws(CodecError) -> [Quality] {
    var result: [Quality] = []
    result.reserveCapacity(count)
    while result.count < count {
      let quality = Quality(rawValue: try qualities.byte("a quality"))
      let run = try qualities.count("run of qualities", limit: count - result.count)
      guard run > 0 else { throw CodecError(.malformed, offset: qualities.offset, "an empty run of qualities") }
      result.append(contentsOf: repeatElement(quality, count: run))
    }
    return result
  }

  private mutating func readValues(_ qualities: [Quality], type: ValueType) throws(CodecError) -> [Int64] {
    let count = qualities.reduce(0) { $0 + ($1.hasValue ? 1 : 0) }
    let values = try readColumn(count, type: type)
    guard count < qualities.count else { return values }
    var next = 0
    return qualities.map { quality in
      guard quality.hasValue else { return 0 }
      next += 1
      return values[next - 1]
    }
  }

  private mutating func readColumn(_ count: Int, type: ValueType) throws(CodecError) -> [Int64] {
    var values: [Int64] = []
    values.reserveCapacity(count)
    switch type {
    case .boolean: try readBooleans(count, into: &values)
    case .integer: try readIntegers(count, into: &values)
    case .float32: try readFloat32(count, into: &values)
    case .float64: try readFloat64(count, into: &values)
    }
    return values
  }

  private mutating func readBooleans(_ count: Int, into values: inout [Int64]) throws(CodecError) {
    while values.count < count {
      let coded = try integers.varint("a run of states")
      let run = coded >> 1
      guard run > 0, run <= UInt64(count - values.count) else {
        throw CodecError(.malformed, offset: integers.offset, "a run of \(run) states where at most \(count) fit")
      }
      values.append(contentsOf: repeatElement(Int64(coded & 1), count: Int(run)))
    }
  }

  private mutating func readIntegers(_ count: Int, into values: inout [Int64]) throws(CodecError) {
    guard count > 0 else { return }
    var mode = IntegerMode.delta
    if count >= IntegerMode.minimumCount {
      let code = try modes.byte("a mode")
      guard let known = IntegerMode(rawValue: code) else {
        throw CodecError(.malformed, offset: modes.offset, "integer mode \(code) is not known")
      }
      mode = known
    }
    var previous: Int64 = 0
    var previousDelta: Int64 = 0
    for index in 0..<count {
      let coded = try integers.zigzag("an integer")
      let delta = mode == .deltaOfDelta && index >= 2 ? coded &+ previousDelta : coded
      previous = previous &+ delta
      previousDelta = delta
      values.append(previous)
    }
  }

  private mutating func readFloat32(_ count: Int, into values: inout [Int64]) throws(CodecError) {
    let stride = float32s.remaining / 4
    guard count <= stride - float32Index else { throw float32s.truncated("float32 planes") }
    var previous: Int32 = 0
    for _ in 0..<count {
      var coded: UInt32 = 0
      for plane in 0..<4 { coded = coded << 8 | UInt32(float32s.peek(plane * stride + float32Index)) }
      previous = previous &+ (Int32(bitPattern: coded >> 1) ^ -Int32(bitPattern: coded & 1))
      values.append(Int64(SortableFloat.pattern(previous)))
      float32Index += 1
    }
  }

  private mutating func readFloat64(_ count: Int, into values: inout [Int64]) throws(CodecError) {
    let stride = float64s.remaining / 8
    guard count <= stride - float64Index else { throw float64s.truncated("float64 planes") }
    var previous: Int64 = 0
    for _ in 0..<count {
      var coded: UInt64 = 0
      for plane in 0..<8 { coded = coded << 8 | UInt64(float64s.peek(plane * stride + float64Index)) }
      previous = previous &+ ZigZag.decode(coded)
      values.append(Int64(bitPattern: SortableFloat.pattern(previous)))
      float64Index += 1
    }
  }
}
