import GatewayCore
import ModbusBus
import Telemetry
import Testing

/// What commands make of values, written to an independent server and read back by the rules of scans.
@Suite("Commands over Modbus")
struct CommandOverModbusTests {
  struct Case: Sendable {
    var point: RegisterPoint
    var value: CommandValue
    /// As registers from 20 on, with every bit set before.
    var held: [UInt16]
  }

  static func point(
    _ type: RegisterType, bits: BitField? = nil, order: WordOrder = .bigBig, length: Int = 1
  ) -> RegisterPoint {
    RegisterPoint(table: .holdingRegister, address: 20, type: type, order: order, bits: bits, length: length)
  }

  static let cases: [Case] = [
    Case(
      point: point(.bool, bits: BitField(lowest: 3, count: 1)), value: .flag(false), held: [0xfff7, 0xffff, 0xffff]),
    Case(
      point: point(.uint16, bits: BitField(lowest: 4, count: 4)), value: .number(9), held: [0xff9f, 0xffff, 0xffff]),
    Case(point: point(.int8, bits: .highByte), value: .number(-128), held: [0x80ff, 0xffff, 0xffff]),
    Case(point: point(.uint8), value: .number(1), held: [0xff01, 0xffff, 0xffff]),
    Case(point: point(.uint8, order: .bigLittle), value: .number(1), held: [0x01ff, 0xffff, 0xffff]),
    Case(
      point: point(.uint32, bits: BitField(lowest: 17, count: 2)), value: .number(1), held: [0xfffb, 0xffff, 0xffff]),
    Case(
      point: point(.uint32, bits: BitField(lowest: 17, count: 2), order: .littleLittle), value: .number(1),
      held: [0xffff, 0xfbff, 0xffff]),
    Case(point: point(.string, length: 2), value: .text("abc"), held: [0x6162, 0x6300, 0xffff]),
    Case(point: point(.string, order: .bigLittle, length: 2), value: .text("abc"), held: [0x6261, 0x0063, 0xffff]),
  ]

  @Test("only what the command names is changed in the device", arguments: Medium.allCases)
  func lands(_ medium: Medium) throws {
    let server = try ModbusServer("reference_server.py", medium.rawValue)
    let bus = medium.bus(server.place, timeout: .seconds(5))
    try bus.open()
    for one in Self.cases {
      let ones = WriteRequest(
        unit: 1, table: .holdingRegister, address: 20, content: .multiple([0xffff, 0xffff, 0xffff]))
      #expect(bus.write(ones) { true } == .acknowledged)
      let request = try #require(Self.request(one), "\(one)")
      #expect(bus.write(request) { true } == .acknowledged, "\(one)")
      #expect(request.isFulfilled(by: try bus.read(request.readBack)), "\(one)")
      let held = try bus.read(ones.readBack)
      #expect(held == one.held, "\(one)")
      let reading = RegisterDecoder.decode(held, at: 0, as: one.point)
      switch one.value {
      case .flag(let flag): #expect(reading.value(.boolean) == .boolean(flag), "\(one)")
      case .number(let number): #expect(reading.value(.integer) == .integer(Int64(number)), "\(one)")
      case .text(let text): #expect(RegisterDecoder.text(held, at: 0, as: one.point) == text, "\(one)")
      }
    }
  }

  static func request(_ one: Case) -> WriteRequest? {
    let tag = CommandTag(name: "t", point: one.point, scaling: .identity, unit: "", limits: .any)
    var machine = CommandMachine(devices: [
      CommandDevice(name: "d", bus: 0, unit: 1, functions: [.registers, .maskRegister], tags: [tag])
    ])
    let effects = machine.receive(
      WriteCommand(device: "d", items: [.init(tag: "t", value: one.value)], source: "test"), ticket: 0, number: 1,
      now: MonotonicTime(nanoseconds: 0), wall: Timestamp(milliseconds: 0), isClockTrusted: true)
    for case .submit(let job, _) in effects {
      if case .write(let request) = job.work { return request }
    }
    return nil
  }
}
