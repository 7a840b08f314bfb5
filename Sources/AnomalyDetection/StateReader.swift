/// Reads what a ``StateWriter`` wrote.
struct StateReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  private mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(AnomalyStateError) -> Number {
    let width = Number.bitWidth / 8
    guard rest.count >= width else { throw .damaged }
    var number: Number = 0
    for (index, byte) in rest.prefix(width).enumerated() { number |= Number(truncatingIfNeeded: byte) << (8 * index) }
    rest = rest.dropFirst(width)
    return number
  }

  mutating func uint8() throws(AnomalyStateError) -> UInt8 { try number(UInt8.self) }
  mutating func int8() throws(AnomalyStateError) -> Int8 { Int8(bitPattern: try uint8()) }
  mutating func uint16() throws(AnomalyStateError) -> UInt16 { try number(UInt16.self) }
  mutating func uint32() throws(AnomalyStateError) -> UInt32 { try number(UInt32.self) }
  mutating func int64() throws(AnomalyStateError) -> Int64 { Int64(bitPattern: try number(UInt64.self)) }
  mutating func double() throws(AnomalyStateError) -> Double { Double(bitPattern: try number(UInt64.self)) }
  mutating func float() throws(AnomalyStateError) -> Float { Float(bitPattern: try uint32()) }
}
