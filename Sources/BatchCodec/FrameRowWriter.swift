import Telemetry

/// Writes the rows of a frame, scan behind scan (`docs/formats/frame.md`).
///
/// A flush holds one row of most devices, so there are no columns to speak of: each value is a difference of one to three
/// bytes, made in a few nanoseconds. Columns are made when a batch is cut.
struct FrameRowWriter {
  private let layout: FrameLayout
  private var expectation: FrameExpectation
  private var time: Int64 = 0

  /// What a row takes at most beside its readings: device, time, and the last byte of the states.
  private static let maximumRowBytes = 5 + 10 + 1
  /// A run of one reading, a byte for decimals, and a number.
  private static let maximumReadingBytes = 1 + 1 + 1 + 10

  init(_ layout: FrameLayout) {
    self.layout = layout
    expectation = FrameExpectation(layout)
  }

  /// - Precondition: each scan is of a device of the layout, and has a reading for each of its tags.
  mutating func body(_ scans: [DeviceScan]) -> [UInt8] {
    let readings = scans.reduce(0) { $0 + $1.readings.count }
    // A run's length takes more than a byte only where it stands for 128 readings.
    let bound = 10 + scans.count * Self.maximumRowBytes + readings * Self.maximumReadingBytes
    return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      var out = Output(next: buffer.baseAddress!)
      out.append(varint: UInt64(scans.count))
      for scan in scans { append(scan, to: &out) }
      count = out.next - buffer.baseAddress!
    }
  }

  private mutating func append(_ scan: DeviceScan, to out: inout Output) {
    precondition(
      scan.readings.count == layout.range(scan.device).count,
      "a scan of \(scan.readings.count) readings of device \(scan.device)")
    out.append(varint: UInt64(scan.device))
    out.append(zigzag: scan.time.milliseconds &- time)
    time = scan.time.milliseconds
    let allHaveValues = appendQualities(scan.readings, to: &out)
    let start = expectation.begin(scan.device)
    var states: UInt64 = 0
    var stateCount = 0
    for index in scan.readings.indices {
      let reading = scan.readings[index]
      guard allHaveValues || reading.quality.hasValue else { continue }
      let place = start + index
      let number: Int64
      switch layout.types[place] {
      case .boolean:
        states |= UInt64(bitPattern: reading.bits & 1) << UInt64(stateCount & 7)
        stateCount += 1
        if stateCount & 7 == 0 {
          out.append(UInt8(truncatingIfNeeded: states))
          states = 0
        }
        continue
      // Texts stand behind all rows.
      case .text: continue
      case .integer: number = reading.bits
      case .float32: number = Int64(SortableFloat.order(UInt32(truncatingIfNeeded: reading.bits)))
      case .float64:
        number = SortableFloat.order(UInt64(bitPattern: reading.bits))
        if let (decimals, units) = DecimalFloat.units(of: reading.bits) {
          out.append(UInt8(decimals + 1))
          out.append(zigzag: units)
          expectation.values[place] = number
          continue
        }
        out.append(0)
      }
      out.append(zigzag: number &- expectation.values[place])
      expectation.values[place] = number
    }
    if stateCount & 7 != 0 { out.append(UInt8(truncatingIfNeeded: states)) }
  }

  /// Runs, to the end of the row. Says whether every reading has a value.
  private func appendQualities(_ readings: [Reading], to out: inout Output) -> Bool {
    var allHaveValues = true
    var index = 0
    while index < readings.count {
      let quality = readings[index].quality
      let first = index
      while index < readings.count, readings[index].quality == quality { index += 1 }
      out.append(quality.rawValue)
      out.append(varint: UInt64(index - first))
      allHaveValues = allHaveValues && quality.hasValue
    }
    return allHaveValues
  }

  /// Room was made for the most that can come, so nothing is checked here.
  private struct Output {
    var next: UnsafeMutablePointer<UInt8>

    mutating func append(_ byte: UInt8) {
      next.initialize(to: byte)
      next += 1
    }

    mutating func append(varint value: UInt64) {
      var rest = value
      while rest >= 0x80 {
        append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(zigzag value: Int64) { append(varint: ZigZag.encode(value)) }
  }
}
