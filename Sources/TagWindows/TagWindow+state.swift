import Telemetry

/// Saving and restoring, byte for byte as docs/formats/window-state.md says.
extension TagWindow {
  public static let stateVersion: UInt8 = 1
  private static let magic: StaticString = "FGWN"

  /// All that the window knows. A window restored from it gives the same results, to the last bit.
  public func saved() -> [UInt8] {
    var writer = StateWriter(
      magic: Self.magic, version: Self.stateVersion, capacity: 256 + 16 * (contents.tail - contents.head))
    specification.save(to: &writer)
    let flags: [Bool] = [newest != nil, isIdle, toldEmpty, clockWasSet, gapSince != nil]
    writer.put(flags.enumerated().reduce(UInt8(0)) { $0 | ($1.element ? 1 << UInt8($1.offset) : 0) })
    for time in [newest ?? 0, floor, mark, progress, gapSince ?? 0] { writer.put(time) }
    writer.put(newestUncertain.rawValue)
    writer.put(UInt64(lateSamples))
    writer.put(UInt64(badReadings))
    let samples = waiting.all
    writer.put(UInt64(samples.count))
    for sample in samples {
      writer.put(sample.time)
      writer.put(sample.value)
      writer.put(sample.quality.rawValue)
    }
    contents.save(to: &writer)
    return writer.sealed()
  }

  /// A window that goes on where the saved one was. Call ``resume`` before it is fed.
  public init(_ specification: WindowSpecification, restoring bytes: [UInt8]) throws(WindowStateError) {
    self.init(specification)
    var reader = try WindowStateReader(bytes, magic: Self.magic, version: Self.stateVersion)
    var expected = StateWriter(magic: Self.magic, version: Self.stateVersion)
    specification.save(to: &expected)
    try reader.expect(expected.bytes.dropFirst(5))
    let flags = try reader.uint8()
    guard flags < 32 else { throw .damaged }
    newest = try reader.time()
    if flags & 1 == 0 { newest = nil }
    isIdle = flags & 2 != 0
    toldEmpty = flags & 4 != 0
    clockWasSet = flags & 8 != 0
    floor = try reader.timeOrNever()
    mark = try reader.time()
    progress = try reader.time()
    gapSince = try reader.time()
    if flags & 16 == 0 { gapSince = nil }
    newestUncertain = Quality(rawValue: try reader.uint8())
    lateSamples = try reader.count(most: .max / 2)
    badReadings = try reader.count(most: .max / 2)
    try restoreWaiting(&reader)
    try contents.restore(from: &reader)
    guard reader.isAtEnd else { throw .damaged }
  }

  private mutating func restoreWaiting(_ reader: inout WindowStateReader) throws(WindowStateError) {
    var before = Int64.min
    for _ in 0..<(try reader.count(most: WaitingSamples.limit)) {
      let time = try reader.time()
      let value = try reader.double()
      let quality = Quality(rawValue: try reader.uint8())
      guard time >= before, value.isNaN || value.magnitude <= WindowSpecification.maximumMagnitude else {
        throw .damaged
      }
      before = time
      waiting.insert(WaitingSamples.Sample(time: time, value: value, quality: quality))
    }
  }
}

extension WindowContents {
  fileprivate func save(to writer: inout StateWriter) {
    writer.put(start)
    writer.put(cutTime)
    guard keepsPoints else {
      for point in [last, lastValue, firstValue, entry] { writer.put(point) }
      writer.put(UInt64(count))
      writer.put(UInt64(uncertain))
      for time in [known, valued, inState] { writer.put(time) }
      writer.put(UInt64(newer.count))
      writer.put(newer.first)
      writer.put(newer.second)
      return
    }
    writer.put(UInt64(tail - head))
    writer.put(UInt64(inside - head))
    writer.put(UInt64(flip - head))
    for index in head..<tail { writer.put(ring[place(index)]) }
  }

  fileprivate mutating func restore(from reader: inout WindowStateReader) throws(WindowStateError) {
    start = try reader.timeOrNever()
    cutTime = try reader.timeOrNever()
    guard keepsPoints else { return try restoreSums(from: &reader) }
    let points = try reader.count(most: limit + 1)
    let insideAt = try reader.count(most: min(points, 1))
    let flipAt = try reader.count(most: points)
    guard insideAt == 0 || keepsEntry else { throw .damaged }
    guard flipAt >= insideAt, flipAt <= max(insideAt, points - (kind == .area ? 1 : 0)) else { throw .damaged }
    var before = Int64.min
    for index in 0..<points {
      let point = try reader.point()
      guard point.time >= before else { throw .damaged }
      before = point.time
      push(point)
      if index < insideAt { expireFirst() }
    }
    flip = flipAt
    rebuildSums()
  }

  private mutating func restoreSums(from reader: inout WindowStateReader) throws(WindowStateError) {
    last = try reader.optionalPoint()
    lastValue = try reader.optionalPoint()
    firstValue = try reader.optionalPoint()
    entry = try reader.optionalPoint()
    let most = 1 << 48
    count = try reader.count(most: most)
    uncertain = try reader.count(most: count)
    known = Int64(try reader.count(most: most))
    valued = Int64(try reader.count(most: Int(known)))
    inState = Int64(try reader.count(most: Int(valued)))
    newer.count = try reader.count(most: most)
    newer.first = try reader.finite()
    newer.second = try reader.finite()
    guard count == 0 || (lastValue != nil && firstValue != nil) else { throw .damaged }
  }
}
