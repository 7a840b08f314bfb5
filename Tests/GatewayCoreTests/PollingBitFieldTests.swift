import GatewayCore
import Telemetry
import Testing

@Suite("Bits, halves and texts of registers")
struct PollingBitFieldTests {
  private static func point(
    _ type: RegisterType, _ lowest: Int? = nil, _ count: Int = 1, order: WordOrder = .bigBig
  ) -> RegisterPoint {
    RegisterPoint(
      table: .holdingRegister, address: 0, type: type, order: order,
      bits: lowest.map { BitField(lowest: $0, count: count) })
  }

  @Test(
    "bits are counted from the least significant of the whole value, whatever its order",
    arguments: [
      (point(.bool, 3), [0x0008] as [UInt16], Value.boolean(true)),
      (point(.bool, 3), [0xfff7], .boolean(false)),
      (point(.bool, 15), [0x8000], .boolean(true)),
      (point(.bool, 15, order: .bigLittle), [0x0080], .boolean(true)),
      (point(.bool, 4, 2), [0x0020], .boolean(true)),
      (point(.uint16, 4, 4), [0x1234], .integer(3)),
      (point(.int16, 0, 12), [0x0fff], .integer(-1)),
      (point(.int16, 0, 12), [0xf7ff], .integer(2_047)),
      (point(.uint32, 16, 4), [0x0007, 0xffff], .integer(7)),
      (point(.uint32, 16, 4, order: .littleBig), [0xffff, 0x0007], .integer(7)),
      (point(.uint64, 0, 63), [0xffff, 0xffff, 0xffff, 0xffff], .integer(.max)),
      (point(.int64, 60, 4), [0xf000, 0, 0, 0], .integer(-1)),
      (point(.uint8), [0x12fe], .integer(0xfe)),
      (point(.int8), [0x12fe], .integer(-2)),
      (point(.uint8, 8, 8), [0xfe12], .integer(0xfe)),
      (point(.int8, 8, 8), [0xfe12], .integer(-2)),
      (point(.int8, 8, 8, order: .bigLittle), [0x12fe], .integer(-2)),
    ])
  func decoding(point: RegisterPoint, words: [UInt16], value: Value) {
    #expect(RegisterDecoder.decode(words, at: 0, as: point) == Reading(value))
  }

  @Test("writing some bits leaves the others as they were")
  func encoding() throws {
    var generator = PollingTestGenerator(seed: 7)
    for type in RegisterType.allCases where type.takesBits {
      for _ in 0..<400 {
        let width = type.registerCount * 16
        let lowest = Int.random(in: 0..<width, using: &generator)
        let count = type == .bool ? 1 : Int.random(in: 1...(width - lowest), using: &generator)
        var point = Self.point(type, lowest, count)
        point.order = WordOrder.allCases.randomElement(using: &generator)!
        let old = (0..<point.entryCount).map { _ in UInt16.random(in: 0 ... .max, using: &generator) }
        let source = (0..<point.entryCount).map { _ in UInt16.random(in: 0 ... .max, using: &generator) }
        guard let value = RegisterDecoder.decode(source, at: 0, as: point).value(type.valueType) else { continue }
        let written = try RegisterEncoder.encode(value, as: point, over: old)
        #expect(RegisterDecoder.decode(written, at: 0, as: point).value(type.valueType) == value)
        var others = point
        others.type = [1: .uint16, 2: .uint32, 4: .int64][point.entryCount]!
        others.bits = nil
        func rest(_ words: [UInt16]) -> Int64 {
          let bits = RegisterDecoder.decode(words, at: 0, as: others).bits
          return bits & ~Int64(bitPattern: BitField(lowest: lowest, count: count).mask)
        }
        #expect(rest(written) == rest(old))
      }
    }
  }

  @Test("bits are not written blindly, and never beyond their number")
  func refused() throws {
    let bit = Self.point(.bool, 3)
    #expect(throws: RegisterEncodingError.self) { try RegisterEncoder.encode(.boolean(true), as: bit) }
    #expect(try RegisterEncoder.encode(.boolean(true), as: bit, over: [0x8001]) == [0x8009])
    #expect(throws: RegisterEncodingError("16 does not fit into 4 bits of uint16, which holds 0 to 15")) {
      try RegisterEncoder.encode(.integer(16), as: Self.point(.uint16, 4, 4), over: [0])
    }
    #expect(throws: RegisterEncodingError.self) {
      try RegisterEncoder.encode(.boolean(true), as: Self.point(.bool, 3, 2), over: [0])
    }
    #expect(try RegisterEncoder.encode(.integer(-2), as: Self.point(.int8), over: [0x1234]) == [0x12fe])
  }

  private static func string(_ length: Int, _ order: WordOrder = .bigBig, _ encoding: TextEncoding = .utf8)
    -> RegisterPoint
  {
    RegisterPoint(
      table: .holdingRegister, address: 0, type: .string, order: order, length: length, encoding: encoding)
  }

  @Test(
    "texts are read in every order and encoding, without what fills them up",
    arguments: [
      (string(3), [0x4142, 0x4344, 0x0000] as [UInt16], "ABCD" as String?),
      (string(3, .bigLittle), [0x4241, 0x4443, 0x0045], "ABCDE"),
      (string(2, .littleBig), [0x4344, 0x4142], "ABCD"),
      (string(2, .littleLittle), [0x4443, 0x4241], "ABCD"),
      (string(2), [0x2041, 0x4220], "AB"),
      (string(3), [0x4100, 0x4243, 0x4445], "A"),
      (string(2), [0, 0], ""),
      (string(2), [0xc3bc, 0x0000], "ü"),
      (string(1), [0xfc00], nil),
      (string(1, .bigBig, .latin1), [0xfcb0], "ü°"),
      (string(1, .bigBig, .ascii), [0xfc00], nil),
      (string(1), [0x0141], nil),
      (string(1), [0xffff], nil),
    ])
  func texts(point: RegisterPoint, words: [UInt16], text: String?) throws {
    #expect(RegisterDecoder.text(words, at: 0, as: point) == text)
    #expect(RegisterDecoder.decode(words, at: 0, as: point).quality == (text == nil ? .bad(.undecodable) : .good))
    guard let text else { return }
    let written = try RegisterEncoder.encode(text: text, as: point)
    #expect(RegisterDecoder.text(written, at: 0, as: point) == text)
  }

  @Test("texts that do not fit are refused")
  func longTexts() {
    #expect(throws: RegisterEncodingError.self) { try RegisterEncoder.encode(text: "ABC", as: Self.string(1)) }
    #expect(throws: RegisterEncodingError.self) {
      try RegisterEncoder.encode(text: "ü", as: Self.string(1, .bigBig, .ascii))
    }
    #expect(throws: RegisterEncodingError.self) {
      try RegisterEncoder.encode(text: "5 €", as: Self.string(9, .bigBig, .latin1))
    }
    #expect(throws: RegisterEncodingError.self) { try RegisterEncoder.encode(.integer(1), as: Self.string(1)) }
  }

  @Test("a text scan carries its text beside the readings")
  func poller() throws {
    let device = PolledDevice(
      device: 0, unit: 1, scanInterval: .seconds(1), points: [Self.string(2), Self.point(.bool)])
    var poller = BusPoller(devices: [device], seed: 1, now: .zero)
    var now = MonotonicTime.zero
    for _ in 0..<40 {
      switch poller.next(now: now, wall: Timestamp(milliseconds: 0)) {
      case .open: poller.opened(.success(()), now: now)
      case .read(let request): poller.answered(.success(Array([0x4142, 0x4300].prefix(request.count))), now: now)
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until): now = until
      case .deliver(let scan, _):
        #expect(scan.text(0) == "ABC")
        #expect(scan.text(1) == nil)
        return
      }
    }
    Issue.record("no scan came")
  }
}
