/// Reads what a ``StateWriter`` wrote, and believes nothing of its length.
public struct StateReader<Failure: Error> {
  private var rest: ArraySlice<UInt8>
  private let tooShort: Failure

  /// - Parameter tooShort: what is thrown when the bytes end too early.
  public init(_ bytes: ArraySlice<UInt8>, tooShort: Failure) {
    rest = bytes
    self.tooShort = tooShort
  }

  public var isAtEnd: Bool { rest.isEmpty }
  /// Bytes that were not read yet.
  public var count: Int { rest.count }

  public mutating func bytes(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
    guard count >= 0, rest.count >= count else { throw tooShort }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(Failure) -> Number {
    var number: Number = 0
    for (index, byte) in try bytes(Number.bitWidth / 8).enumerated() {
      number |= Number(truncatingIfNeeded: byte) << (8 * index)
    }
    return number
  }

  public mutating func uint8() throws(Failure) -> UInt8 { try number(UInt8.self) }
  public mutating func int8() throws(Failure) -> Int8 { Int8(bitPattern: try uint8()) }
  public mutating func uint16() throws(Failure) -> UInt16 { try number(UInt16.self) }
  public mutating func uint32() throws(Failure) -> UInt32 { try number(UInt32.self) }
  public mutating func uint64() throws(Failure) -> UInt64 { try number(UInt64.self) }
  public mutating func int64() throws(Failure) -> Int64 { Int64(bitPattern: try uint64()) }
  public mutating func float() throws(Failure) -> Float { Float(bitPattern: try uint32()) }
  public mutating func double() throws(Failure) -> Double { Double(bitPattern: try uint64()) }
}
