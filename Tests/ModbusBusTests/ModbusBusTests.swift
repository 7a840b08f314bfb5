import Foundation
import GatewayCore
import ModbusBus
import Telemetry
import Testing

/// Which kind of line a test runs over.
enum Medium: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case tcp
  case rtu

  var testDescription: String { rawValue }

  func bus(_ place: String, timeout: Duration = .milliseconds(250), name: String = "test") -> ModbusBus {
    let endpoint: ModbusEndpoint =
      switch self {
      case .tcp: .tcp(host: "127.0.0.1", port: Int(place) ?? 0)
      case .rtu: .rtu(device: place, baud: 19_200, parity: .none, stopBits: 1)
      }
    return ModbusBus(endpoint: endpoint, timeout: timeout, name: name)
  }
}

extension ModbusBus {
  /// The reason why a read fails, nil when it does not.
  func failure(_ request: ReadRequest) -> FieldBusError? {
    do {
      _ = try read(request)
      return nil
    } catch {
      return error
    }
  }
}

@Suite("Modbus against an independent server")
struct ModbusBusTests {
  @Test("every type in every order is read from every table", arguments: Medium.allCases)
  func allTypes(_ medium: Medium) throws {
    let server = try ModbusServer("reference_server.py", medium.rawValue)
    let values = try ReferenceValue.list(server.lines)
    let points = try values.map { try $0.point() }
    let kinds = Set(points.map { "\($0.table.name) \($0.type) \($0.order)" })
    #expect(kinds.count == 2 + 2 * (RegisterType.allCases.count - 1) * WordOrder.allCases.count)

    let bus = medium.bus(server.place, timeout: .seconds(5))
    try bus.open()
    let plan = ReadPlan(unit: 1, points: points)
    #expect(plan.steps.count < points.count / 10)
    for step in plan.steps {
      let entries = try bus.read(step.request)
      #expect(entries.count == step.request.count)
      for slot in step.slots {
        let reading = RegisterDecoder.decode(entries, at: slot.offset, as: points[slot.tag])
        #expect(try reading == values[slot.tag].reading(), "\(values[slot.tag])")
      }
    }
  }

  @Test("an address that the device does not have gives its exception", arguments: Medium.allCases)
  func illegalAddress(_ medium: Medium) throws {
    let server = try ModbusServer("reference_server.py", medium.rawValue)
    let bus = medium.bus(server.place, timeout: .seconds(5))
    try bus.open()
    let error = bus.failure(ReadRequest(unit: 1, table: .holdingRegister, address: 60_000, count: 4))
    #expect(error?.reason == .exception(2))
    #expect(error?.detail.contains("illegal data address") == true)
    #expect(error?.detail.contains("holding register 60000") == true)
    #expect(bus.failure(ReadRequest(unit: 1, table: .holdingRegister, address: 0, count: 4)) == nil)
  }

  @Test("a unit that is not there times out, and the others go on", arguments: Medium.allCases)
  func deadUnit(_ medium: Medium) throws {
    let server = try ModbusServer("reference_server.py", medium.rawValue)
    let bus = medium.bus(server.place, timeout: .milliseconds(400))
    try bus.open()
    for _ in 0..<3 {
      let error = bus.failure(ReadRequest(unit: 9, table: .holdingRegister, address: 0, count: 4))
      #expect(error?.reason == .timeout)
      #expect(error?.detail.contains("unit 9 did not answer within 400 ms at") == true)
      #expect(bus.failure(ReadRequest(unit: 1, table: .holdingRegister, address: 0, count: 4)) == nil)
    }
  }

  @Test("a TCP server that ends takes the bus down, and when it is back the bus is up again")
  func serverRestarts() throws {
    let server = try ModbusServer("reference_server.py", "tcp")
    let bus = Medium.tcp.bus(server.place, timeout: .seconds(5))
    let request = ReadRequest(unit: 1, table: .holdingRegister, address: 0, count: 4)
    try bus.open()
    let before = try bus.read(request)
    server.stop()
    let error = bus.failure(request)
    #expect(error?.reason == .busDown)
    #expect(error?.detail.contains("127.0.0.1:\(server.port)") == true)
    #expect(throws: FieldBusError.self) { try bus.open() }
    #expect(bus.failure(request)?.reason == .busDown)

    let next = try ModbusServer("reference_server.py", "tcp", server.place)
    #expect(next.place == server.place)
    try bus.open()
    #expect(try bus.read(request) == before)
  }

  @Test("a TCP server that restarts between two reads goes unnoticed")
  func quietRestart() throws {
    let server = try ModbusServer("reference_server.py", "tcp")
    let bus = Medium.tcp.bus(server.place, timeout: .seconds(5))
    let request = ReadRequest(unit: 1, table: .holdingRegister, address: 0, count: 4)
    try bus.open()
    let before = try bus.read(request)
    server.stop()
    let next = try ModbusServer("reference_server.py", "tcp", server.place)
    #expect(try bus.read(request) == before)
    _ = next
  }

  @Test("a serial port whose other end goes away takes the bus down")
  func serialLoss() throws {
    let server = try ModbusServer("faulty_server.py", "rtu")
    let bus = Medium.rtu.bus(server.place)
    let request = ReadRequest(unit: 1, table: .holdingRegister, address: 0, count: 4)
    try bus.open()
    #expect(bus.failure(request) == nil)
    server.stop()
    #expect(bus.failure(request)?.reason == .busDown)
    #expect(bus.failure(request)?.reason == .busDown)
  }
}
