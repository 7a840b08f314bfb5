import FieldgateTestKit
import Telemetry
import Testing

@Suite("Faults")
struct FaultTests {
  private static let request: [UInt8] = [0, 1, 0, 0, 0, 6, 3, 3, 0, 104, 0, 1]

  private func withProbe(_ body: (Simulation, TCPProbe) throws -> Void) throws {
    let simulation = try Simulation(plant: PlantLayout(), link: nil)
    defer { simulation.stop() }
    try simulation.force("hydraulics", "setpoint", to: 150)
    try body(simulation, TCPProbe(port: simulation.ports[0]))
  }

  private func request(_ transaction: UInt8) -> [UInt8] { [0, transaction] + Self.request[2...] }
  private func reply(_ transaction: UInt8) -> [UInt8] { [0, transaction, 0, 0, 0, 5, 3, 3, 2, 0, 150] }

  @Test("A silent device answers nothing, and again when cleared")
  func silent() throws {
    try withProbe { simulation, probe in
      try simulation.setFault(Fault(.silent), device: "hydraulics")
      probe.send(request(1))
      try waitUntil("the request") { simulation.endpoints[0].units.requestCount(unit: 3) == 1 }
      try simulation.setFault(nil, device: "hydraulics")
      probe.send(request(2))
      // The second reply comes first: there was none to the first request.
      #expect(probe.receive(11) == reply(2))
    }
  }

  @Test("A delayed reply comes late, behind replies to later requests, with its own transaction id")
  func delay() throws {
    try withProbe { simulation, probe in
      try simulation.setFault(Fault(.delay(milliseconds: 150), times: 1), device: "hydraulics")
      let clock = ContinuousClock()
      let start = clock.now
      probe.send(request(1) + request(2))
      #expect(probe.receive(11) == reply(2))
      #expect(probe.receive(11) == reply(1))
      #expect(clock.now - start >= .milliseconds(150))
    }
  }

  @Test("An exception comes as often as was asked")
  func exception() throws {
    try withProbe { simulation, probe in
      try simulation.setFault(Fault(.exception(code: 4), times: 2), device: "hydraulics")
      probe.send(request(1) + request(2) + request(3))
      #expect(
        probe.receive(9 + 9 + 11)
          == [0, 1, 0, 0, 0, 3, 3, 0x83, 4, 0, 2, 0, 0, 0, 3, 3, 0x83, 4] + reply(3))
      #expect(simulation.endpoints[0].units.fault(unit: 3) == nil)
    }
  }

  @Test("Garbage is never a valid reply to its request, and counts as no scan")
  func garbage() throws {
    try withProbe { simulation, probe in
      try simulation.setFault(Fault(.damaged(.garbage)), device: "hydraulics")
      for transaction in UInt8(1)...6 {
        probe.send([0, transaction, 0, 0, 0, 6, 3, 3, 0, 106, 0, 2])
        let reply = probe.receive(13)
        #expect(reply.count == 13)
        let isValid = reply[1] == transaction && reply[0] == 0 && reply[7] == 3 && reply[8] == 4
        #expect(!isValid)
      }
      #expect(try simulation.values("hydraulics")["scan_count"] == 0)
    }
  }

  @Test("A dropped connection is closed, and a new one is served")
  func drop() throws {
    try withProbe { simulation, probe in
      try simulation.setFault(Fault(.drop, times: 1), device: "hydraulics")
      probe.send(request(1))
      #expect(probe.isClosed())
      let second = try TCPProbe(port: simulation.ports[0])
      second.send(request(2))
      #expect(second.receive(11) == reply(2))
    }
  }

  @Test("A fault of one device leaves the others alone")
  func others() throws {
    try withProbe { simulation, _ in
      try simulation.setFault(Fault(.silent), device: "press")
      let mbpoll = MBPoll(target: .tcp(port: simulation.ports[0]))
      #expect(try mbpoll.request(unit: 3, type: "4", address: 104).values == [104: "150"])
      let silent = try mbpoll.request(unit: 1, type: "4", address: 0, timeoutSeconds: 0.1)
      #expect(silent.error.hasSuffix("failed: Connection timed out"))
    }
  }

  @Test(
    "Faults are read as they are written",
    arguments: ["silent", "delay 800", "exception 4 times 3", "garbage times 1", "drop", "delay 60000 times 1000000"])
  func text(text: String) throws {
    #expect(try Fault(words: text.split(separator: " ").map { String($0) }).description == text)
  }

  @Test(
    "What is no fault is refused",
    arguments: ["", "loud", "silent 5", "delay", "delay 0", "delay x", "exception 256", "silent times 0", "times 3"])
  func badText(text: String) {
    #expect(throws: TestKitError.self) { try Fault(words: text.split(separator: " ").map { String($0) }) }
  }
}
