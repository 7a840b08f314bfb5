/// What of a device's registers a value takes when it is written.
extension RegisterPoint {
  /// The bits that are meant, when the value's registers have others besides.
  public var partialField: BitField? {
    guard !table.isBits, type != .string else { return nil }
    let field = bits ?? (type == .int8 || type == .uint8 ? .lowByte : nil)
    guard let field, field.count < 16 * entryCount else { return nil }
    return field
  }

  /// Where a write goes: the point itself, or for some bits of a number of several registers the one register that has
  /// them all. Nil when no single write can set the value and leave everything else as it is: bits of two registers,
  /// a bool of several bits, some bits of a decimal.
  public var written: RegisterPoint? {
    guard let field = partialField else { return self }
    let register = field.lowest / 16
    guard field.highest / 16 == register, type != .bool || field.count == 1, !type.isDecimal else { return nil }
    let offset = order.wordsAreLittleEndian ? register : entryCount - 1 - register
    var point = self
    point.address += UInt16(offset)
    point.type = type == .bool ? .bool : type.isSigned ? .int16 : .uint16
    point.bits = BitField(lowest: field.lowest % 16, count: field.count)
    return point
  }

  /// Ones at the bits of its register, as it goes over the wire, that are not of the value: a write must not change
  /// them. 0 for a value that has its registers to itself.
  public var foreignBits: UInt16 {
    guard let field = partialField, entryCount == 1 else { return 0 }
    let mask = UInt16(truncatingIfNeeded: field.mask)
    return ~(order.bytesAreLittleEndian ? mask.byteSwapped : mask)
  }
}

extension RegisterType {
  var isDecimal: Bool { self == .bcd16 || self == .bcd32 || self == .bcd64 }
}

extension WriteFunctions {
  /// The code to write a point with; nil when the device has none for that.
  public func code(for point: RegisterPoint) -> UInt8? {
    guard point.foreignBits == 0 else { return contains(.maskRegister) ? 22 : nil }
    return code(for: point.table, count: point.entryCount)
  }
}
