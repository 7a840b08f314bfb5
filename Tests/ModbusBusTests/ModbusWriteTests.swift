import GatewayCore
import ModbusBus
import Telemetry
import Testing

@Suite("Writes over Modbus")
struct ModbusWriteTests {
  static let requests: [WriteRequest] = [
    WriteRequest(unit: 1, table: .coil, address: 3, content: .single(1)),
    WriteRequest(unit: 1, table: .coil, address: 3, content: .single(0)),
    WriteRequest(unit: 1, table: .coil, address: 20, content: .multiple([1, 0, 1, 1, 0, 0, 1, 0, 1, 1])),
    WriteRequest(unit: 1, table: .holdingRegister, address: 5, content: .single(0xabcd)),
    WriteRequest(unit: 1, table: .holdingRegister, address: 6, content: .multiple([1, 2, 0xffff])),
    WriteRequest(unit: 1, table: .holdingRegister, address: 5, content: .mask(and: 0xff00, or: 0x0034)),
  ]

  @Test("every function writes what an independent server then holds", arguments: Medium.allCases)
  func functions(_ medium: Medium) throws {
    let server = try ModbusServer("reference_server.py", medium.rawValue)
    let bus = medium.bus(server.place, timeout: .seconds(5))
    try bus.open()
    for request in Self.requests {
      #expect(bus.write(request) { true } == .acknowledged, "\(request)")
      let held = try bus.read(request.readBack)
      #expect(request.isFulfilled(by: held), "\(request): \(held)")
    }
    #expect(try bus.read(Self.requests[3].readBack) == [0xab34])
  }

  @Test("an address that the device does not have is refused by it", arguments: Medium.allCases)
  func refused(_ medium: Medium) throws {
    let server = try ModbusServer("reference_server.py", medium.rawValue)
    let bus = medium.bus(server.place, timeout: .seconds(5))
    try bus.open()
    let request = WriteRequest(unit: 1, table: .holdingRegister, address: 60_000, content: .single(1))
    guard case .refused(let error) = bus.write(request, isWanted: { true }) else {
      Issue.record("it was not refused")
      return
    }
    #expect(error.reason == .exception(2))
    #expect(error.detail.contains("the write to holding register 60000"))
  }

  @Test("what nobody wants any more is not sent", arguments: Medium.allCases)
  func notWanted(_ medium: Medium) throws {
    let server = try ModbusServer("faulty_server.py", medium.rawValue)
    let bus = medium.bus(server.place)
    try bus.open()
    #expect(bus.write(Fault.prompt.write(7)) { false } == .expired)
    #expect(try bus.writesArrived(at: .prompt) == 0)
    #expect(bus.write(Fault.prompt.write(7)) { true } == .acknowledged)
    #expect(try bus.writesArrived(at: .prompt) == 1)
  }

  enum Kind: Sendable { case acknowledged, refused, unknown }

  static let cases: [(Fault, Kind)] = [
    (.prompt, .acknowledged), (.dead, .unknown), (.badChecksum, .unknown), (.garbage, .unknown), (.cut, .unknown),
    (.otherUnit, .unknown), (.wrongFunction, .unknown), (.refuses, .refused), (.noSuchException, .unknown),
  ]

  @Test("without a valid reply a write is unknown, and it is never sent again", arguments: cases)
  func faults(_ fault: Fault, _ kind: Kind) throws {
    let server = try ModbusServer("faulty_server.py", "rtu")
    let bus = Medium.rtu.bus(server.place)
    try bus.open()
    #expect(Self.kind(bus.write(fault.write(7)) { true }) == kind)
    if fault == .dead || fault == .refuses { #expect(try bus.writesArrived(at: fault) == 1) }
    let before = MonotonicNow.nanoseconds
    let entries = try bus.read(Fault.prompt.request())
    #expect(entries.prefix(4).reduce(0) { $0 << 16 | Int64($1) } >= before)
  }

  private static func kind(_ result: WriteResult) -> Kind? {
    switch result {
    case .acknowledged: .acknowledged
    case .refused: .refused
    case .unknown: .unknown
    case .notSent, .expired: nil
    }
  }

  @Test("a late acknowledgement is never taken for that of the next write", arguments: Medium.allCases)
  func lateAcknowledgements(_ medium: Medium) throws {
    let server = try ModbusServer("faulty_server.py", medium.rawValue)
    let bus = medium.bus(server.place)
    try bus.open()
    var acknowledged = 0
    var left = 0
    for round in 0..<12 {
      switch bus.write(Fault.lateOnce.write(UInt16(round)), isWanted: { true }) {
      case .acknowledged:
        acknowledged += 1
        left += 1
      case .unknown(let error):
        #expect([.timeout, .malformedReply].contains(error.reason), "\(error.detail)")
        left += 1
      case .notSent(let error): #expect(error.reason == .timeout, "\(error.detail)")
      case .refused, .expired: Issue.record("an outcome that the device cannot cause")
      }
    }
    #expect(acknowledged > 0)
    var arrived: Int?
    for _ in 0..<8 where arrived == nil { arrived = try? bus.writesArrived(at: .lateOnce) }
    #expect(arrived == left)
  }

  @Test("a device says what it is", arguments: Medium.allCases)
  func identification(_ medium: Medium) throws {
    let server = try ModbusServer("faulty_server.py", medium.rawValue)
    let bus = medium.bus(server.place)
    try bus.open()
    let request = try #require(RawRequest(unit: Fault.prompt.rawValue, bytes: [43, 14, 1, 0]))
    let reply = try bus.ask(request, timeout: .seconds(5))
    #expect(reply == [43, 14, 1, 1, 0, 0, 2, 0, 4] + Array("Acme".utf8) + [1, 2] + Array("X1".utf8))
    #expect(RawRequest(unit: 1, bytes: [6, 0, 0, 0, 1]) == nil)
  }
}

extension Fault {
  func write(_ value: UInt16) -> WriteRequest {
    WriteRequest(unit: rawValue, table: .holdingRegister, address: value, content: .single(value))
  }
}

extension ModbusBus {
  /// How many writes a device of `faulty_server.py` has got.
  func writesArrived(at fault: Fault) throws -> Int {
    Int(try read(ReadRequest(unit: fault.rawValue, table: .inputRegister, address: 60_000, count: 1))[0])
  }
}
