/// Appends numbers of fixed width, least byte first: how rules, windows and detectors write what they know.
public struct StateWriter {
  public private(set) var bytes: [UInt8] = []

  public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  public mutating func put(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Its bit pattern.
  public mutating func put(_ number: Double) { put(number.bitPattern) }
  public mutating func put(_ number: Float) { put(number.bitPattern) }

  /// As they are, without their number.
  public mutating func put(bytes more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }
}
