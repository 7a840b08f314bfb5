/// Appends numbers, least byte first (docs/formats/window-state.md).
struct StateWriter {
  private(set) var bytes: [UInt8] = []

  /// - Parameter magic: four letters; then the version.
  init(magic: StaticString, version: UInt8, capacity: Int = 256) {
    bytes.reserveCapacity(capacity)
    magic.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(version)
  }

  mutating func put(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ number: Double) { put(number.bitPattern) }

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
    copy.put(Self.checkSum(bytes[...]))
    return copy.bytes
  }

  /// FNV-1a of 64 bits (Fowler, Noll, Vo): quick, and finds what a torn or turned byte does.
  static func checkSum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return sum
  }
}
