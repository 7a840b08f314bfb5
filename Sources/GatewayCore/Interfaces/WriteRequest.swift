public import Telemetry

/// One write to one device: coils or holding registers, or bits of a register.
public struct WriteRequest: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    /// One entry with function 5 or 6.
    case single(UInt16)
    /// With function 15 or 16: 1 to 1,968 coils or 1 to 123 registers.
    case multiple([UInt16])
    /// With function 22: the register becomes `(old & and) | (or & ~and)` (Modbus Application Protocol 1.1b3, section 6.16).
    case mask(and: UInt16, or: UInt16)
  }

  public var unit: UInt8
  /// ``RegisterTable/coil`` or ``RegisterTable/holdingRegister``.
  public var table: RegisterTable
  public var address: UInt16
  /// Coils are 0 and 1.
  public var content: Content
  public var pacing: RequestPacing
  /// The string that it writes, and nothing else: devices fill texts up in their own way, so that the text counts.
  public var text: RegisterPoint?

  public init(
    unit: UInt8, table: RegisterTable, address: UInt16, content: Content, pacing: RequestPacing = RequestPacing()
  ) {
    precondition(table == .coil || table == .holdingRegister, "Modbus writes coils and holding registers only")
    self.unit = unit
    self.table = table
    self.address = address
    self.content = content
    self.pacing = pacing
  }

  /// Entries that it touches.
  public var count: Int {
    if case .multiple(let values) = content { values.count } else { 1 }
  }

  /// The function code.
  public var function: UInt8 {
    switch content {
    case .single: table == .coil ? 5 : 6
    case .multiple: table == .coil ? 15 : 16
    case .mask: 22
    }
  }

  /// Reads what it wrote.
  public var readBack: ReadRequest {
    ReadRequest(unit: unit, table: table, address: address, count: count, pacing: pacing)
  }

  /// The device holds what was to be written.
  ///
  /// - Parameter entries: the reply to ``readBack``.
  public func isFulfilled(by entries: [UInt16]) -> Bool {
    switch content {
    case .single(let value): entries == [value] || holdsText([value], entries)
    case .multiple(let values): entries == values || holdsText(values, entries)
    case .mask(let and, let or): entries.count == 1 && (entries[0] ^ or) & ~and == 0
    }
  }

  private func holdsText(_ values: [UInt16], _ entries: [UInt16]) -> Bool {
    guard let text, let wanted = RegisterDecoder.text(values, at: 0, as: text) else { return false }
    return RegisterDecoder.text(entries, at: 0, as: text) == wanted
  }

  /// The function code and what follows it, as it goes over the wire.
  public var bytes: [UInt8] {
    var bytes = [function] + Self.pair(address)
    switch content {
    case .single(let value): bytes += Self.pair(table == .coil ? (value == 0 ? 0 : 0xff00) : value)
    case .mask(let and, let or): bytes += Self.pair(and) + Self.pair(or)
    case .multiple(let values):
      bytes += Self.pair(UInt16(values.count))
      guard table == .coil else {
        bytes.append(UInt8(values.count * 2))
        return values.reduce(into: bytes) { $0 += Self.pair($1) }
      }
      var packed = [UInt8](repeating: 0, count: (values.count + 7) / 8)
      for (index, value) in values.enumerated() where value != 0 { packed[index / 8] |= 1 << (index % 8) }
      bytes.append(UInt8(packed.count))
      bytes += packed
    }
    return bytes
  }

  /// The one reply that acknowledges it: an echo of address and value, or of address and count.
  public var acknowledgement: [UInt8] {
    if case .multiple = content { Array(bytes[..<5]) } else { bytes }
  }

  private static func pair(_ word: UInt16) -> [UInt8] { [UInt8(word >> 8), UInt8(truncatingIfNeeded: word)] }
}
