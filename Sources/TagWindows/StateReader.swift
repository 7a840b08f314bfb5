/// Reads what a ``StateWriter`` wrote, and believes none of it unseen.
struct StateReader {
  private var rest: ArraySlice<UInt8>

  /// Checks the beginning, the version and the check sum.
  init(_ bytes: [UInt8], magic: StaticString, version: UInt8) throws(WindowStateError) {
    let isOurs = magic.withUTF8Buffer { bytes.starts(with: $0) }
    guard isOurs, bytes.count > 4 else { throw .foreign }
    guard bytes[4] == version else { throw .unknownVersion(bytes[4]) }
    guard bytes.count >= 13 else { throw .damaged }
    rest = bytes[(bytes.count - 8)...]
    let sum = try uint64()
    rest = bytes[..<(bytes.count - 8)]
    guard StateWriter.checkSum(rest) == sum else { throw .damaged }
    rest = rest.dropFirst(5)
  }

  var isAtEnd: Bool { rest.isEmpty }

  /// Passes over bytes that must stand there.
  mutating func expect(_ bytes: ArraySlice<UInt8>) throws(WindowStateError) {
    guard rest.starts(with: bytes) else { throw .otherSpecification }
    rest = rest.dropFirst(bytes.count)
  }

  private mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(WindowStateError) -> Number {
    let width = Number.bitWidth / 8
    guard rest.count >= width else { throw .damaged }
    var number: Number = 0
    for (index, byte) in rest.prefix(width).enumerated() { number |= Number(truncatingIfNeeded: byte) << (8 * index) }
    rest = rest.dropFirst(width)
    return number
  }

  mutating func uint8() throws(WindowStateError) -> UInt8 { try number(UInt8.self) }
  mutating func uint64() throws(WindowStateError) -> UInt64 { try number(UInt64.self) }
  mutating func int64() throws(WindowStateError) -> Int64 { Int64(bitPattern: try uint64()) }
  mutating func double() throws(WindowStateError) -> Double { Double(bitPattern: try uint64()) }

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
