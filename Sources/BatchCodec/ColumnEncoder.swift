import Telemetry

/// Writes the column streams of a telemetry body: times, qualities, modes, integers, and the byte planes of floats.
///
/// Each stream gathers one kind of byte from all devices, so that zstd's entropy coder sees like with like.
struct ColumnEncoder {
  private var times = ByteWriter()
  private var qualities = ByteWriter()
  private var modes = ByteWriter()
  private var integers = ByteWriter()
  private var float32s: [UInt32] = []
  private var float64s: [UInt64] = []

  mutating func append(_ block: DeviceColumns, tags: [TagDefinition]) {
    appendTimes(block.times)
    appendQualities(block.columns)
    for (column, tag) in zip(block.columns, tags) {
      appendValues(column, type: tag.type)
    }
  }

  /// Times, then for each tag counts, and minimums, maximums and totals of the rows that have a count.
  mutating func append(_ block: DeviceAggregates, tags: [TagDefinition]) {
    appendTimes(block.times)
    for (column, tag) in zip(block.columns, tags) {
      appendIntegers(column.counts)
      let kept = column.counts.indices.filter { column.counts[$0] > 0 }
      appendValues(kept.map { column.minimums[$0] }, type: tag.type)
      appendValues(kept.map { column.maximums[$0] }, type: tag.type)
      appendValues(kept.map { column.totals[$0] }, type: tag.type == .boolean ? .integer : tag.type)
    }
  }

  /// First time, first difference, then differences of differences: a steady scan interval costs one byte a row.
  private mutating func appendTimes(_ rows: [Timestamp]) {
    var previous: Int64 = 0
    var previousDelta: Int64 = 0
    for (row, time) in rows.enumerated() {
      let delta = time.milliseconds &- previous
      times.append(zigzag: row < 2 ? delta : delta &- previousDelta)
      previous = time.milliseconds
      previousDelta = delta
    }
  }

  /// Runs over all readings of the device, column after column.
  private mutating func appendQualities(_ columns: [DeviceColumns.Column]) {
    var current: Quality?
    var run = 0
    for column in columns {
      for quality in column.qualities {
        if quality == current {
          run += 1
        } else {
          finishRun(current, run)
          current = quality
          run = 1
        }
      }
    }
    finishRun(current, run)
  }

  private mutating func finishRun(_ quality: Quality?, _ run: Int) {
    guard let quality else { return }
    qualities.append(quality.rawValue)
    qualities.append(varint: run)
  }

  private mutating func appendValues(_ column: DeviceColumns.Column, type: ValueType) {
    let values: [Int64]
    if column.qualities.allSatisfy(\.hasValue) {
      values = column.bits
    } else {
      values = zip(column.bits, column.qualities).lazy.filter { $0.1.hasValue }.map(\.0)
    }
    appendValues(values, type: type)
  }

  private mutating func appendValues(_ values: [Int64], type: ValueType) {
    guard !values.isEmpty else { return }
    switch type {
    case .boolean: appendBooleans(values)
    case .integer: appendIntegers(values)
    case .float32: appendFloat32(values)
    case .float64: appendFloat64(values)
    }
  }

  /// Runs: length times two, plus the value.
  private mutating func appendBooleans(_ values: [Int64]) {
    var run: UInt64 = 0
    var current = values[0]
    for value in values {
      if value == current {
        run += 1
      } else {
        integers.append(varint: run << 1 | UInt64(bitPattern: current & 1))
        current = value
        run = 1
      }
    }
    integers.append(varint: run << 1 | UInt64(bitPattern: current & 1))
  }

  private mutating func appendIntegers(_ values: [Int64]) {
    var mode = IntegerMode.delta
    if values.count >= IntegerMode.minimumCount {
      mode = IntegerMode.cheaper(for: values)
      modes.append(mode.rawValue)
    }
    var previous: Int64 = 0
    var previousDelta: Int64 = 0
    for (index, value) in values.enumerated() {
      let delta = value &- previous
      integers.append(zigzag: mode == .deltaOfDelta && index >= 2 ? delta &- previousDelta : delta)
      previous = value
      previousDelta = delta
    }
  }

  private mutating func appendFloat32(_ values: [Int64]) {
    var previous: Int32 = 0
    for value in values {
      let ordered = SortableFloat.order(UInt32(truncatingIfNeeded: value))
      let delta = ordered &- previous
      float32s.append(UInt32(bitPattern: delta << 1 ^ delta >> 31))
      previous = ordered
    }
  }

  private mutating func appendFloat64(_ values: [Int64]) {
    var previous: Int64 = 0
    for value in values {
      let ordered = SortableFloat.order(UInt64(bitPattern: value))
      float64s.append(ZigZag.encode(ordered &- previous))
      previous = ordered
    }
  }

  /// The streams, each with its length before it, in the order of the format document.
  func finish(into writer: inout ByteWriter) {
    writer.append(section: times.bytes)
    writer.append(section: qualities.bytes)
    writer.append(section: modes.bytes)
    writer.append(section: integers.bytes)
    writer.append(section: Self.planes(float32s))
    writer.append(section: Self.planes(float64s))
  }

  /// All most significant bytes, then all second ones, and so on.
  private static func planes(_ values: [some FixedWidthInteger & UnsignedInteger]) -> [UInt8] {
    guard let first = values.first else { return [] }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * first.bitWidth / 8)
    for shift in stride(from: first.bitWidth - 8, through: 0, by: -8) {
      for value in values { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
    return bytes
  }
}

/// How the integers of a column follow from each other.
enum IntegerMode: UInt8 {
  /// Differences: good for noise.
  case delta = 0
  /// Differences of differences: good for counters that run steadily.
  case deltaOfDelta = 1

  /// Shorter columns carry no mode byte and use `delta`.
  static let minimumCount = 3

  static func cheaper(for values: [Int64]) -> Self {
    var deltaBytes = 0
    var secondBytes = 0
    var previousDelta = values[1] &- values[0]
    for index in 2..<values.count {
      let delta = values[index] &- values[index - 1]
      deltaBytes += ZigZag.length(delta)
      secondBytes += ZigZag.length(delta &- previousDelta)
      previousDelta = delta
    }
    return secondBytes < deltaBytes ? .deltaOfDelta : .delta
  }
}

/// IEEE 754 patterns as integers in the order of the numbers they stand for, so that near numbers have small differences.
/// One to one for every pattern, NaNs included.
enum SortableFloat {
  static func order(_ pattern: UInt32) -> Int32 {
    let signed = Int32(bitPattern: pattern)
    return signed >= 0 ? signed : signed ^ 0x7fff_ffff
  }

  static func pattern(_ ordered: Int32) -> UInt32 {
    UInt32(bitPattern: ordered >= 0 ? ordered : ordered ^ 0x7fff_ffff)
  }

  static func order(_ pattern: UInt64) -> Int64 {
    let signed = Int64(bitPattern: pattern)
    return signed >= 0 ? signed : signed ^ Int64.max
  }

  static func pattern(_ ordered: Int64) -> UInt64 {
    UInt64(bitPattern: ordered >= 0 ? ordered : ordered ^ Int64.max)
  }
}
