import FieldgateTestKit
import GatewayCore
import Telemetry
import Testing

@testable import ModbusBus

/// What a serial line keeps, measured by the simulator at its other end.
@Suite("A serial line")
struct SerialLineTests {
  /// 3.5 characters of 11 bits at 19200 baud, nanoseconds.
  static let specified: Int64 = 11 * 1_000_000_000 / 19_200 * 7 / 2

  private func withLine(strict: Bool = true, _ body: (Simulation, String) throws -> Void) throws {
    let directory = try TemporaryDirectory("line")
    let layout = try BenchmarkLayout(units: [1, 2, 3], registers: 2)
    let simulation = try Simulation(
      rtu: ("line", layout.devices, directory("port")), pace: 19_200, isStrict: strict)
    defer { simulation.stop() }
    try body(simulation, directory("port"))
  }

  private func bus(_ path: String, silence: Duration? = nil) -> ModbusBus {
    ModbusBus(
      endpoint: .rtu(device: path, baud: 19_200, parity: .even, stopBits: 1), timeout: .milliseconds(500),
      silence: silence, name: "line")
  }

  private func request(_ unit: UInt8, turnRound: Duration = .zero, timeout: Duration? = nil) -> ReadRequest {
    ReadRequest(
      unit: unit, table: .holdingRegister, address: 0, count: 2,
      pacing: RequestPacing(timeout: timeout, turnRound: turnRound))
  }

  @Test("flat out there are 3.5 characters of silence before every frame, and strict devices answer every one")
  func silence() throws {
    try withLine { simulation, path in
      let bus = bus(path)
      try bus.open()
      for round in 0..<60 { #expect(bus.failure(request(UInt8(round % 3 + 1))) == nil) }
      let record = try #require(simulation.takeLineRecord())
      #expect(record.tooEarly == 0)
      #expect(record.units.values.map(\.requests) == [20, 20, 20])
      #expect(record.units.values.allSatisfy { $0.shortestSilence ?? 0 >= Self.specified }, "\(record)")
    }
  }

  @Test("a strict device does not answer a client that keeps no silence")
  func strict() throws {
    try withLine { simulation, path in
      let bus = bus(path, silence: .zero)
      try bus.open()
      // On a busy machine a request may leave late enough to be in time: some of many do not.
      var tooEarly = 0
      for round in 0..<100 where tooEarly == 0 {
        _ = bus.failure(request(UInt8(round % 3 + 1), timeout: .milliseconds(50)))
        tooEarly += simulation.takeLineRecord()?.tooEarly ?? 0
      }
      #expect(tooEarly > 0)
    }
  }

  @Test(
    "a longer silence is kept where one is set, and a device's turn-round before its requests and after its replies")
  func turnRound() throws {
    try withLine { simulation, path in
      let bus = bus(path, silence: .milliseconds(4))
      try bus.open()
      // Unit 2 has a turn-round; unit 3 is always asked after it, unit 1 never.
      for round in 0..<15 {
        let unit = UInt8(round % 3 + 1)
        #expect(bus.failure(request(unit, turnRound: unit == 2 ? .milliseconds(20) : .zero)) == nil)
      }
      let record = try #require(simulation.takeLineRecord())
      let silences = (1...3).map { record.units[$0]?.shortestSilence ?? 0 }
      #expect(silences[0] >= 4_000_000 && silences[1] >= 20_000_000 && silences[2] >= 20_000_000, "\(silences)")
    }
  }

  @Test("a reply that comes after its time-out is dropped and counted, whenever it comes", arguments: [120, 180, 400])
  func lateReplies(delay: Int) throws {
    try withLine(strict: false) { simulation, path in
      let bus = bus(path)
      try bus.open()
      #expect(bus.failure(request(1)) == nil)
      let device = try #require(simulation.endpoints.first?.units.snapshot.first?.name)
      try simulation.setFault(.init(.delay(milliseconds: delay), times: 1), device: device)
      #expect(bus.failure(request(1, timeout: .milliseconds(60)))?.reason == .timeout)
      #expect(bus.lateReplies == 0)
      // Questions meanwhile are answered late, too: the device answers in order.
      var timeouts = 1
      let end = MonotonicNow.nanoseconds + 10_000_000_000
      while MonotonicNow.nanoseconds < end {
        let error = bus.failure(request(1, timeout: .milliseconds(60)))
        if error?.reason == .timeout { timeouts += 1 }
        if error == nil && bus.lateReplies == timeouts { break }
      }
      #expect(bus.lateReplies == timeouts)
      for _ in 0..<5 { #expect(bus.failure(request(1)) == nil) }
      #expect(bus.lateReplies == timeouts)
    }
  }

  @Test("a device that answers with another's unit id costs one exchange a read, is named, and owes no late reply")
  func wrongUnit() throws {
    try withLine { simulation, path in
      let bus = bus(path)
      try bus.open()
      #expect(bus.failure(request(1)) == nil)
      let device = try #require(simulation.endpoints.first?.units.snapshot.first?.name)
      try simulation.setFault(.init(.damaged(.wrongUnit)), device: device)
      _ = simulation.takeLineRecord()
      for _ in 0..<10 {
        let error = bus.failure(request(1))
        #expect(error?.reason == .malformedReply)
        #expect(error?.answeredBy == 65)
        #expect(error?.detail.contains("unit 65") == true && error?.detail.contains("unit 1 was asked") == true)
      }
      #expect(try #require(simulation.takeLineRecord()).units[1]?.requests == 10)
      #expect(bus.lateReplies == 0)
      try simulation.setFault(nil, device: device)
      #expect(bus.failure(request(1)) == nil)
      #expect(bus.lateReplies == 0)
    }
  }

  @Test("a late reply of one device is left aside while another's is waited for, which then is good at once")
  func lateReplyOfAnother() throws {
    try withLine(strict: false) { simulation, path in
      let bus = bus(path)
      try bus.open()
      let devices = try #require(simulation.endpoints.first?.units.snapshot.map(\.name))
      try simulation.setFault(.init(.delay(milliseconds: 200), times: 1), device: devices[0])
      try simulation.setFault(.init(.delay(milliseconds: 300), times: 1), device: devices[1])
      #expect(bus.failure(request(1, timeout: .milliseconds(60)))?.reason == .timeout)
      #expect(bus.failure(request(2)) == nil)
      #expect(bus.lateReplies == 1)
      #expect(bus.failure(request(1)) == nil)
    }
  }

  @Test("a driver that cannot switch the direction is named, with what to do")
  func direction() throws {
    try withLine { _, path in
      let bus = ModbusBus(
        endpoint: .rtu(device: path, baud: 19_200, parity: .even, stopBits: 1), timeout: .milliseconds(100),
        direction: RS485Direction(), name: "line")
      let error = #expect(throws: FieldBusError.self) { try bus.open() }
      #expect(error?.reason == .busDown)
      #expect(error?.detail.contains("RS-485 direction control on \(path) (its driver cannot do that)") == true)
      #expect(error?.detail.contains("remove 'rs485'") == true)
    }
  }
}
