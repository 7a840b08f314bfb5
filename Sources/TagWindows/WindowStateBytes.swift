import Telemetry

/// How a saved window begins and ends: four letters, the version, and a check sum over all behind it.
typealias WindowStateReader = StateReader<WindowStateError>

extension StateWriter {
  /// - Parameter magic: four letters; then the version.
  init(magic: StaticString, version: UInt8, capacity: Int = 256) {
    self.init(capacity: capacity)
    magic.withUTF8Buffer { put(bytes: $0) }
    put(version)
  }

  mutating func put(_ point: WindowPoint) {
    put(point.packed)
    put(point.value)
  }

  mutating func put(_ point: WindowPoint?) {
    put(UInt8(point == nil ? 0 : 1))
    if let point { put(point) }
  }

  /// With the check sum behind them.
  func sealed() -> [UInt8] {
    var copy = self
    copy.put(FNV1a.hash(bytes))
    return copy.bytes
  }
}

extension StateReader<WindowStateError> {
  /// Checks the beginning, the version and the check sum.
  init(_ bytes: [UInt8], magic: StaticString, version: UInt8) throws(WindowStateError) {
    let isOurs = magic.withUTF8Buffer { bytes.starts(with: $0) }
    guard isOurs, bytes.count > 4 else { throw .foreign }
    guard bytes[4] == version else { throw .unknownVersion(bytes[4]) }
    guard bytes.count >= 13 else { throw .damaged }
    var end = Self(bytes.suffix(8), tooShort: .damaged)
    guard try end.uint64() == FNV1a.hash(bytes.dropLast(8)) else { throw .damaged }
    self.init(bytes.dropLast(8).dropFirst(5), tooShort: .damaged)
  }

  /// Passes over bytes that must stand there.
  mutating func expect(_ expected: ArraySlice<UInt8>) throws(WindowStateError) {
    guard count >= expected.count, try bytes(expected.count) == expected else { throw .otherSpecification }
  }

  /// A count or an amount: 0 to the given most.
  mutating func count(most: Int) throws(WindowStateError) -> Int {
    let number = try uint64()
    guard number <= UInt64(most) else { throw .damaged }
    return Int(number)
  }

  /// Milliseconds that a window can have met, differences between them included.
  mutating func time() throws(WindowStateError) -> Int64 {
    let time = try int64()
    guard time.magnitude <= UInt64(2 * TagWindow.farthestTime) else { throw .damaged }
    return time
  }

  /// A time, or the least number for none.
  mutating func timeOrNever() throws(WindowStateError) -> Int64 {
    let copy = self
    if try int64() == .min { return .min }
    self = copy
    return try time()
  }

  mutating func finite() throws(WindowStateError) -> Double {
    let number = try double()
    guard number.isFinite else { throw .damaged }
    return number
  }

  mutating func point() throws(WindowStateError) -> WindowPoint {
    let packed = try int64()
    let point = WindowPoint(packed: packed, value: try double())
    guard point.isPossible else { throw .damaged }
    return point
  }

  mutating func optionalPoint() throws(WindowStateError) -> WindowPoint? {
    switch try uint8() {
    case 0: nil
    case 1: try point()
    default: throw .damaged
    }
  }
}
