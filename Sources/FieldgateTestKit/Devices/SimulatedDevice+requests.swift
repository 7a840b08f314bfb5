public import Telemetry

extension SimulatedDevice {
  /// Answers a request: the function code and what follows it, without unit id, header or check sum.
  ///
  /// Serves functions 1 to 6, 15 and 16 (Modbus Application Protocol 1.1b3, sections 6.1 to 6.6, 6.11 and 6.12).
  ///
  /// - Returns: the reply in the same form; an exception reply for what the device refuses.
  public mutating func reply(to request: [UInt8], at time: MonotonicTime) -> [UInt8] {
    do throws(ModbusException) {
      let reply = try answer(request, at: time)
      goodReplies += 1
      return reply
    } catch {
      return Self.exceptionReply(to: request, error.rawValue)
    }
  }

  static func exceptionReply(to request: [UInt8], _ code: UInt8) -> [UInt8] {
    [(request.first ?? 0) | 0x80, code]
  }

  private mutating func answer(_ request: [UInt8], at time: MonotonicTime) throws(ModbusException) -> [UInt8] {
    switch request.first {
    case 1: try read(.coil, request, at: time)
    case 2: try read(.discreteInput, request, at: time)
    case 3: try read(.holdingRegister, request, at: time)
    case 4: try read(.inputRegister, request, at: time)
    case 5: try writeCoil(request)
    case 6: try writeRegister(request)
    case 15: try writeCoils(request)
    case 16: try writeRegisters(request)
    default: throw .illegalFunction
    }
  }

  // MARK: Reads

  private mutating func read(
    _ table: RegisterTable, _ request: [UInt8], at time: MonotonicTime
  ) throws(ModbusException) -> [UInt8] {
    let addresses = try Self.addresses(request, length: 5, maximumCount: table.maximumReadCount)
    let image = Int(table.rawValue)
    guard images[image].has(addresses) else { throw .illegalDataAddress }
    refresh(time)
    countScans(table, addresses)
    let entries = images[image][addresses]
    return table.isBits ? Self.bitReply(request[0], entries) : Self.registerReply(request[0], entries)
  }

  private static func registerReply(_ function: UInt8, _ entries: ArraySlice<UInt16>) -> [UInt8] {
    var reply = [UInt8]()
    reply.reserveCapacity(2 + 2 * entries.count)
    reply.append(function)
    reply.append(UInt8(2 * entries.count))
    for entry in entries {
      reply.append(UInt8(entry >> 8))
      reply.append(UInt8(truncatingIfNeeded: entry))
    }
    return reply
  }

  /// The first entry is the lowest bit of the first byte (section 6.1).
  private static func bitReply(_ function: UInt8, _ entries: ArraySlice<UInt16>) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (entries.count + 7) / 8)
    for (index, entry) in entries.enumerated() where entry != 0 { bytes[index / 8] |= 1 << (index % 8) }
    return [function, UInt8(bytes.count)] + bytes
  }

  // MARK: Writes

  private mutating func writeCoil(_ request: [UInt8]) throws(ModbusException) -> [UInt8] {
    guard request.count == 5 else { throw .illegalDataValue }
    let value = Self.word(request, 3)
    guard value == 0xff00 || value == 0 else { throw .illegalDataValue }
    try store([value == 0 ? 0 : 1], .coil, Int(Self.word(request, 1)))
    return request
  }

  private mutating func writeRegister(_ request: [UInt8]) throws(ModbusException) -> [UInt8] {
    guard request.count == 5 else { throw .illegalDataValue }
    try store([Self.word(request, 3)], .holdingRegister, Int(Self.word(request, 1)))
    return request
  }

  private mutating func writeCoils(_ request: [UInt8]) throws(ModbusException) -> [UInt8] {
    let addresses = try Self.addresses(request, length: nil, maximumCount: 1_968)
    guard request.count >= 6, Int(request[5]) == (addresses.count + 7) / 8, request.count == 6 + Int(request[5]) else {
      throw .illegalDataValue
    }
    let values = (0..<addresses.count).map { UInt16(request[6 + $0 / 8] >> UInt8($0 % 8) & 1) }
    try store(values, .coil, addresses.lowerBound)
    return Array(request[..<5])
  }

  private mutating func writeRegisters(_ request: [UInt8]) throws(ModbusException) -> [UInt8] {
    let addresses = try Self.addresses(request, length: nil, maximumCount: 123)
    guard request.count >= 6, Int(request[5]) == 2 * addresses.count, request.count == 6 + Int(request[5]) else {
      throw .illegalDataValue
    }
    let values = (0..<addresses.count).map { Self.word(request, 6 + 2 * $0) }
    try store(values, .holdingRegister, addresses.lowerBound)
    return Array(request[..<5])
  }

  /// A scan counter is not for clients to write.
  private mutating func store(_ values: [UInt16], _ table: RegisterTable, _ address: Int) throws(ModbusException) {
    let addresses = address..<address + values.count
    let refused = tags.contains {
      $0.signal == .scanCounter && $0.point.table == table && $0.point.addresses.overlaps(addresses)
    }
    guard !refused, images[Int(table.rawValue)].has(addresses) else { throw .illegalDataAddress }
    images[Int(table.rawValue)].write(values, at: address)
  }

  // MARK: Fields

  private static func word(_ bytes: [UInt8], _ index: Int) -> UInt16 {
    UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
  }

  /// Address and count, which stand in the same place in every request that has both. A wrong count is exception 3,
  /// addresses past the end of the table are exception 2.
  private static func addresses(
    _ request: [UInt8], length: Int?, maximumCount: Int
  ) throws(ModbusException) -> Range<Int> {
    guard request.count >= 5, length == nil || request.count == length else { throw .illegalDataValue }
    let (address, count) = (Int(word(request, 1)), Int(word(request, 3)))
    guard (1...maximumCount).contains(count) else { throw .illegalDataValue }
    guard address + count <= 65_536 else { throw .illegalDataAddress }
    return address..<address + count
  }
}
