/// The write functions that a Modbus device has (Modbus Application Protocol 1.1b3, sections 6.5, 6.6, 6.11, 6.12, 6.16).
public struct WriteFunctions: OptionSet, Hashable, Sendable {
  public var rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// 5, write single coil.
  public static let singleCoil = Self(rawValue: 1)
  /// 6, write single register.
  public static let singleRegister = Self(rawValue: 2)
  /// 15, write multiple coils.
  public static let coils = Self(rawValue: 4)
  /// 16, write multiple registers.
  public static let registers = Self(rawValue: 8)
  /// 22, mask write register.
  public static let maskRegister = Self(rawValue: 16)

  /// What nearly every device has that can be written to.
  public static let usual: Self = [.singleCoil, .singleRegister, .coils, .registers]

  /// By their codes, as they stand in the configuration.
  public static let codes: [(code: Int, function: Self)] = [
    (5, .singleCoil), (6, .singleRegister), (15, .coils), (16, .registers), (22, .maskRegister),
  ]

  /// The code to write so many entries of a table with; nil when the device has none for that.
  public func code(for table: RegisterTable, count: Int) -> UInt8? {
    switch table {
    case .coil:
      if count == 1, contains(.singleCoil) { return 5 }
      return contains(.coils) ? 15 : nil
    case .holdingRegister:
      if count == 1, contains(.singleRegister) { return 6 }
      return contains(.registers) ? 16 : nil
    case .discreteInput, .inputRegister: return nil
    }
  }
}
