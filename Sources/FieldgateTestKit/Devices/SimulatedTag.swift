public import Telemetry

/// One value of a simulated device: where it stands, how it is encoded and what it does.
public struct SimulatedTag: Hashable, Sendable {
  /// As in the gateway's configuration: letters, digits, `_`, `-`, `.`.
  public var name: String
  public var point: RegisterPoint
  /// raw × scale + offset = value, as the gateway computes it.
  public var scale: DecimalNumber
  public var offset: DecimalNumber
  public var unit: String
  public var signal: Signal
  /// What a string holds until a client writes another; its signal then says nothing.
  public var text = ""

  public init(
    _ name: String, _ table: RegisterTable, _ address: UInt16, _ type: RegisterType, order: WordOrder = .bigBig,
    scale: DecimalNumber = .one, offset: DecimalNumber = .zero, unit: String = "", _ signal: Signal
  ) {
    self.name = name
    point = RegisterPoint(table: table, address: address, type: table.isBits ? .bool : type, order: order)
    self.scale = scale
    self.offset = offset
    self.unit = unit
    self.signal = signal
  }

  /// A coil or a discrete input.
  public init(_ name: String, _ table: RegisterTable, _ address: UInt16, _ signal: Signal) {
    self.init(name, table, address, .bool, signal)
  }

  /// A string in holding or input registers, filled up with zeros.
  ///
  /// - Parameter registers: 1 to 125, two bytes each; what does not fit is left out.
  public init(
    _ name: String, _ table: RegisterTable, _ address: UInt16, text: String, registers: Int,
    order: WordOrder = .bigBig, encoding: TextEncoding = .utf8
  ) {
    self.init(name, table, address, .string, order: order, .constant(0))
    point.length = registers
    point.encoding = encoding
    self.text = text
  }

  /// The entries that hold a value: one bit as 0 or 1, or the registers in the order of their addresses.
  ///
  /// What does not fit an integer type becomes the nearest value that does.
  public func entries(for value: Double) -> [UInt16] {
    if point.type == .string { return RegisterEncoding.entries(text, point) }
    return RegisterEncoding.entries((value - offset.doubleValue) / scale.doubleValue, point)
  }

  /// The value that entries hold: 559 × 0.1 is 55.9 here, not its binary neighbour.
  public func value(of entries: [UInt16]) -> Double {
    let raw = RegisterEncoding.value(entries, point)
    if scale == .one, offset == .zero { return raw }
    let decimals = max(scale.decimals, offset.decimals)
    return (raw * units(scale, decimals) + units(offset, decimals)) / Self.power(decimals)
  }

  private func units(_ number: DecimalNumber, _ decimals: Int) -> Double {
    Double(number.units) * Self.power(decimals - number.decimals)
  }

  private static func power(_ decimals: Int) -> Double { (0..<decimals).reduce(1) { power, _ in power * 10 } }
}
