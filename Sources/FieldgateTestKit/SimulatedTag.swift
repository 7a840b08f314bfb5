public import Telemetry

/// One value of a simulated device and where it stands.
public struct SimulatedTag: Hashable, Sendable {
  public var name: String
  public var point: RegisterPoint
  /// As in the configuration; the register holds the signal's value divided by it. `1` for none.
  public var scale: String
  public var unit: String
  public var signal: Signal

  public init(
    _ name: String, _ table: RegisterTable, _ address: UInt16, _ type: RegisterType = .uint16,
    order: WordOrder = .bigBig, scale: String = "1", unit: String = "", _ signal: Signal
  ) {
    self.name = name
    point = RegisterPoint(table: table, address: address, type: type, order: order)
    self.scale = scale
    self.unit = unit
    self.signal = signal
  }

  /// The value as the device's registers hold it, first register first. Written without the gateway's decoder, so that a
  /// mistake there shows.
  func registers(_ value: Double) -> [UInt16] {
    let raw = value / (Double(scale) ?? 1)
    let bytes: [UInt8] =
      switch point.type {
      case .bool: Self.bigEndian(UInt16(raw != 0 ? 1 : 0))
      case .int16: Self.bigEndian(Int16(clamping: Self.whole(raw)))
      case .uint16: Self.bigEndian(UInt16(truncatingIfNeeded: Self.whole(raw)))
      case .int32: Self.bigEndian(Int32(clamping: Self.whole(raw)))
      case .uint32: Self.bigEndian(UInt32(truncatingIfNeeded: Self.whole(raw)))
      case .int64: Self.bigEndian(Self.whole(raw))
      case .float32: Self.bigEndian(Float(raw).bitPattern)
      case .float64: Self.bigEndian(raw.bitPattern)
      }
    var words = stride(from: 0, to: bytes.count, by: 2).map { [bytes[$0], bytes[$0 + 1]] }
    if point.order.bytesAreLittleEndian { words = words.map { $0.reversed() } }
    if point.order.wordsAreLittleEndian { words.reverse() }
    return words.map { UInt16($0[0]) << 8 | UInt16($0[1]) }
  }

  private static func whole(_ value: Double) -> Int64 { Int64(exactly: value.rounded()) ?? 0 }

  private static func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}
