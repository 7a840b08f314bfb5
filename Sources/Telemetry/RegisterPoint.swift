/// The four tables of a Modbus device (Modbus Application Protocol 1.1b3, section 4.3).
public enum RegisterTable: UInt8, Sendable, CaseIterable {
  case coil
  case discreteInput
  case holdingRegister
  case inputRegister

  /// One bit an entry rather than 16.
  public var isBits: Bool { self == .coil || self == .discreteInput }

  /// The read function: 1, 2, 3 or 4.
  public var readFunction: UInt8 {
    switch self {
    case .coil: 1
    case .discreteInput: 2
    case .holdingRegister: 3
    case .inputRegister: 4
    }
  }

  /// Most entries that one read may ask for (sections 6.1 to 6.4).
  public var maximumReadCount: Int { isBits ? 2_000 : 125 }

  public var name: String {
    switch self {
    case .coil: "coil"
    case .discreteInput: "discrete input"
    case .holdingRegister: "holding register"
    case .inputRegister: "input register"
    }
  }
}

/// Order of the words of a value and of the bytes in each word. The first word names the order of words, the second
/// that of bytes: for 0x0A0B0C0D, `bigBig` is 0A0B 0C0D on the wire, `littleBig` 0C0D 0A0B (swapped words),
/// `bigLittle` 0B0A 0D0C (swapped bytes), `littleLittle` 0D0C 0B0A.
public enum WordOrder: String, Sendable, CaseIterable {
  case bigBig = "big-big"
  case bigLittle = "big-little"
  case littleBig = "little-big"
  case littleLittle = "little-little"

  public var wordsAreLittleEndian: Bool { self == .littleBig || self == .littleLittle }
  public var bytesAreLittleEndian: Bool { self == .bigLittle || self == .littleLittle }
}

/// Where a tag's value stands in a Modbus device, and how it is read.
public struct RegisterPoint: Hashable, Sendable {
  public var table: RegisterTable
  /// Protocol address of its first entry, 0 to 65535 (the "40001" style numbers are not used).
  public var address: UInt16
  /// Always `.bool` for coils and discrete inputs.
  public var type: RegisterType
  public var order: WordOrder
  /// The part of the value's bits that is meant; nil is all of them. For a bool or a whole number.
  public var bits: BitField?
  /// Registers that a string takes, 1 to 125; nothing for other types.
  public var length: Int
  /// How the bytes of a string are read.
  public var encoding: TextEncoding

  public init(
    table: RegisterTable, address: UInt16, type: RegisterType, order: WordOrder = .bigBig, bits: BitField? = nil,
    length: Int = 1, encoding: TextEncoding = .utf8
  ) {
    self.table = table
    self.address = address
    self.type = type
    self.order = order
    self.bits = bits
    self.length = length
    self.encoding = encoding
  }

  /// Entries of the table that the value takes.
  public var entryCount: Int {
    if table.isBits { return 1 }
    return type == .string ? length : type.registerCount
  }
}
