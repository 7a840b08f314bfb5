import FieldgateTestKit
import Glibc
import Telemetry
import Testing

@Suite("Modbus TCP server")
struct ModbusTCPServerTests {
  /// The demo plant's TCP units while `body` runs.
  private func withPlant(_ body: (Simulation, MBPoll) throws -> Void) throws {
    let simulation = try Simulation(plant: PlantLayout(), link: nil)
    defer { simulation.stop() }
    try body(simulation, MBPoll(target: .tcp(port: simulation.ports[0])))
  }

  @Test("mbpoll reads all four tables")
  func tables() throws {
    try withPlant { simulation, mbpoll in
      for (tag, value) in [("temperature", 41.5), ("pressure", 1.5), ("parts", 70_000), ("running", 1), ("door", 1)] {
        try simulation.force("press", tag, to: value)
      }
      #expect(try mbpoll.request(unit: 1, type: "3", address: 0).values == [0: "415"])
      #expect(try mbpoll.request(unit: 1, type: "3:float", address: 1, extra: ["-B"]).values == [1: "1.5"])
      #expect(try mbpoll.request(unit: 1, type: "3:int", address: 3, extra: ["-B"]).values == [3: "70000"])
      #expect(try mbpoll.request(unit: 1, type: "0", address: 0).values == [0: "1"])
      #expect(try mbpoll.request(unit: 1, type: "1", address: 0).values == [0: "1"])
      try simulation.force("energy", "current", to: 2.25)
      #expect(try mbpoll.request(unit: 2, type: "3:float", address: 2).values == [2: "2.25"])
    }
  }

  @Test("mbpoll sees the exceptions")
  func exceptions() throws {
    try withPlant { _, mbpoll in
      let failed = "failed: "
      let missing = try mbpoll.request(unit: 1, type: "4", address: 900)
      #expect(missing.values.isEmpty && missing.error.hasSuffix(failed + "Illegal data address"))
      let gap = try mbpoll.request(unit: 4, type: "3", address: 0, count: 5)
      #expect(gap.error.hasSuffix(failed + "Illegal data address"))
      let nobody = try mbpoll.request(unit: 77, type: "4", address: 0)
      #expect(nobody.error.hasSuffix(failed + "Target device failed to respond"))
    }
  }

  @Test("mbpoll writes coils and registers and reads them back")
  func writes() throws {
    try withPlant { _, mbpoll in
      let written = try mbpoll.request(unit: 3, type: "4", address: 104, write: ["175"])
      #expect(written.error.isEmpty)
      #expect(try mbpoll.request(unit: 3, type: "4", address: 104).values == [104: "175"])
      #expect(try mbpoll.request(unit: 3, type: "4", address: 100, write: ["1", "2"]).error.isEmpty)
      #expect(try mbpoll.request(unit: 3, type: "4", address: 100, count: 2).values == [100: "1", 101: "2"])
      #expect(try mbpoll.request(unit: 1, type: "0", address: 0, write: ["0"]).error.isEmpty)
      #expect(try mbpoll.request(unit: 1, type: "0", address: 0).values == [0: "0"])
    }
  }

  @Test("Each client's read of a scan counter counts once, in one series")
  func scanCounter() throws {
    try withPlant { simulation, mbpoll in
      for expected in 1...3 {
        let read = try mbpoll.request(unit: 1, type: "4:int", address: 0, extra: ["-B"])
        #expect(read.values == [0: "\(expected)"])
      }
      #expect(try simulation.values("press")["scan_count"] == 3)
      #expect(try simulation.values("energy")["scan_count"] == 0)
    }
  }

  @Test("Every endpoint has its own devices and port")
  func endpoints() throws {
    let shared = try BenchmarkLayout(devices: 5, registers: 3).sharedOut(to: 2)
    #expect(shared.map { $0.devices.map(\.unit) } == [[1, 2, 3], [4, 5]])
    let simulation = try Simulation(tcp: shared)
    defer { simulation.stop() }
    #expect(Set(simulation.ports).count == 2)
    let second = MBPoll(target: .tcp(port: simulation.ports[1]))
    #expect(try second.request(unit: 5, type: "4", address: 0, count: 3).values.count == 3)
    #expect(try second.request(unit: 1, type: "4", address: 0).error.hasSuffix("Target device failed to respond"))
  }

  @Test("Requests may come in pieces or many at once; replies keep their transaction ids")
  func framing() throws {
    try withPlant { simulation, _ in
      try simulation.force("hydraulics", "setpoint", to: 150)
      let probe = try TCPProbe(port: simulation.ports[0])
      let request: [UInt8] = [0, 7, 0, 0, 0, 6, 3, 3, 0, 104, 0, 1]
      for byte in request { probe.send([byte]) }
      #expect(probe.receive(11) == [0, 7, 0, 0, 0, 5, 3, 3, 2, 0, 150])
      probe.send((0..<50).flatMap { [1, $0] + request[2...] })
      let replies = probe.receive(50 * 11)
      #expect(stride(from: 1, to: replies.count, by: 11).map { replies[$0] } == Array(0..<50))
    }
  }

  @Test("A client that speaks something else is closed, others go on")
  func nonsense() throws {
    try withPlant { simulation, mbpoll in
      for nonsense in [Array("GET / HTTP/1.1\r\n\r\n".utf8), [0, 1, 0, 0, 0, 1, 1], [0, 1, 0, 0, 1, 0xff, 1, 3]] {
        let probe = try TCPProbe(port: simulation.ports[0])
        probe.send(nonsense)
        #expect(probe.isClosed())
      }
      #expect(try mbpoll.request(unit: 3, type: "4", address: 104).values.count == 1)
    }
  }

  @Test("A stopped server frees its port at once; stopping it again does nothing")
  func stopping() throws {
    let units = SimulatedUnits(PlantLayout().tcp)
    let first = try ModbusTCPServer(units)
    let probe = try TCPProbe(port: first.port)
    first.stop()
    first.stop()
    #expect(probe.isClosed())
    let second = try ModbusTCPServer(units, port: first.port)
    defer { second.stop() }
    #expect(second.port == first.port)
    let mbpoll = MBPoll(target: .tcp(port: second.port))
    #expect(try mbpoll.request(unit: 3, type: "4", address: 100).values.count == 1)
  }

  @Test("A taken port is named in the error")
  func takenPort() throws {
    try withPlant { simulation, _ in
      let port = simulation.ports[0]
      let error = #expect(throws: TestKitError.self) { try Simulation(plant: PlantLayout(), port: port, link: nil) }
      #expect(error?.description.contains("cannot listen on 127.0.0.1:\(port)") == true)
    }
  }
}
