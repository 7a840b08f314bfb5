import Glibc
import Telemetry
import Testing

@testable import FieldgateTestKit

@Suite("Modbus RTU server")
struct ModbusRTUServerTests {
  /// Units 1 and 2 with one register each at address 0 (7 and 8) and the scan counter behind.
  private func withLine(pace: Int? = nil, _ body: (Simulation, String) throws -> Void) throws {
    let directory = try TemporaryDirectory("line")
    let devices = [1, 2].map { unit in
      SimulatedDevice(
        name: "unit\(unit)", unit: unit,
        tags: [
          SimulatedTag("value", .holdingRegister, 0, .uint16, .constant(Double(unit) + 6)),
          SimulatedTag("scan_count", .holdingRegister, 1, .uint32, .scanCounter),
        ])
    }
    let simulation = try Simulation(rtu: ("line", devices, directory("port")), pace: pace)
    defer { simulation.stop() }
    try body(simulation, directory("port"))
  }

  private let request = CRC16.framed([1, 3, 0, 0, 0, 1])
  private let reply = CRC16.framed([1, 3, 2, 0, 7])

  @Test("The check sum is that of the specification's example")
  func checkSum() {
    // Modbus over Serial Line 1.02, appendix B: 02 07 gives 41 12.
    #expect(CRC16.framed([0x02, 0x07]) == [0x02, 0x07, 0x41, 0x12])
  }

  @Test("mbpoll reads and writes every unit of the line", arguments: [nil, 19_200])
  func mbpoll(pace: Int?) throws {
    try withLine(pace: pace) { _, path in
      let mbpoll = MBPoll(target: .rtu(path: path))
      #expect(try mbpoll.request(unit: 1, type: "4", address: 0).values == [0: "7"])
      #expect(try mbpoll.request(unit: 2, type: "4", address: 0, count: 3).values == [0: "8", 1: "0", 2: "1"])
      #expect(try mbpoll.request(unit: 2, type: "4", address: 0, write: ["99"]).error.isEmpty)
      #expect(try mbpoll.request(unit: 2, type: "4", address: 0).values == [0: "99"])
      #expect(try mbpoll.request(unit: 1, type: "4", address: 9).error.hasSuffix("Illegal data address"))
      let nobody = try mbpoll.request(unit: 3, type: "4", address: 0, timeoutSeconds: 0.1)
      #expect(nobody.error.hasSuffix("Connection timed out"))
    }
  }

  @Test("Frames with a bad check sum, other units' frames and broadcasts pass by in silence")
  func ignored() throws {
    try withLine { simulation, path in
      let probe = try SerialProbe(path)
      var damaged = request
      damaged[7] ^= 1
      for frame in [damaged, CRC16.framed([9, 3, 0, 0, 0, 1]), CRC16.framed([0, 6, 0, 0, 0, 1])] {
        probe.send(frame)
        // Longer than the silence that ends a frame.
        #expect(probe.receive(1, timeoutMilliseconds: 150).isEmpty)
      }
      probe.send(request)
      #expect(probe.receive(reply.count) == reply)
      #expect(simulation.endpoints[0].units.requestCount(unit: 1) == 1)
    }
  }

  @Test("Frames are found in pieces of any size, at their end or at a silence")
  func frames() {
    let write = CRC16.framed([1, 16, 0, 0, 0, 2, 4, 0, 1, 0, 2])
    let unknown = CRC16.framed([1, 0x2b, 14, 1, 0])
    for size in 1...20 {
      var reader = RTUFrameReader()
      let bytes = request + write + request + unknown
      var found: [[UInt8]] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        found += reader.receive(bytes[start..<min(start + size, bytes.count)])
      }
      let expected = [request, write, request].map { Array($0.dropLast(2)) }
      #expect(found == expected, "pieces of \(size)")
      #expect(!reader.isEmpty)
      #expect(reader.silence() == Array(unknown.dropLast(2)))
      #expect(reader.isEmpty)
    }
  }

  @Test("After bytes that make no frame the next frame counts after a silence, not before")
  func recovery() {
    var reader = RTUFrameReader()
    #expect(reader.receive([1, 3, 0, 0, 0, 1, 0, 0]).isEmpty)
    #expect(reader.receive(request).isEmpty)
    #expect(reader.silence() == nil)
    #expect(reader.receive(request) == [Array(request.dropLast(2))])
    #expect(reader.receive([UInt8](repeating: 0x55, count: 300)).isEmpty)
    #expect(reader.silence() == nil && reader.isEmpty)
  }

  @Test("Two requests that follow each other at once are answered in order")
  func pipelined() throws {
    try withLine { _, path in
      let probe = try SerialProbe(path)
      probe.send(request + CRC16.framed([2, 3, 0, 0, 0, 1]))
      #expect(probe.receive(14) == reply + CRC16.framed([2, 3, 2, 0, 8]))
    }
  }

  @Test("A function that the simulator does not know is refused after the silence that ends its frame")
  func unknownFunction() throws {
    try withLine { _, path in
      let probe = try SerialProbe(path)
      probe.send(CRC16.framed([1, 0x11]))
      #expect(probe.receive(5) == CRC16.framed([1, 0x91, 1]))
    }
  }

  @Test("Garbage has a bad check sum and counts as no scan")
  func garbage() throws {
    try withLine { simulation, path in
      try simulation.setFault(Fault(.damaged(.garbage), times: 1), device: "unit1")
      let probe = try SerialProbe(path)
      let counter = CRC16.framed([1, 3, 0, 1, 0, 2])
      probe.send(counter)
      let bad = probe.receive(9)
      #expect(bad.count == 9 && !CRC16.isValid(bad))
      probe.send(counter)
      #expect(probe.receive(9) == CRC16.framed([1, 3, 4, 0, 0, 0, 1]))
    }
  }

  @Test("A late reply meets the next request")
  func delay() throws {
    try withLine { simulation, path in
      try simulation.setFault(Fault(.delay(milliseconds: 500), times: 1), device: "unit1")
      let probe = try SerialProbe(path)
      probe.send(request)
      #expect(probe.receive(1, timeoutMilliseconds: 50).isEmpty)
      probe.send(CRC16.framed([2, 3, 0, 0, 0, 1]))
      #expect(probe.receive(14) == CRC16.framed([2, 3, 2, 0, 8]) + reply)
    }
  }

  @Test("A dropped line hangs up, and its link leads to a new one")
  func drop() throws {
    try withLine { simulation, path in
      try simulation.setFault(Fault(.drop, times: 1), device: "unit1")
      let probe = try SerialProbe(path)
      let before = try TextFile.linkTarget(path)
      probe.send(request)
      #expect(probe.isHungUp())
      #expect(try TextFile.linkTarget(path) != before)
      let second = try SerialProbe(path)
      second.send(request)
      #expect(second.receive(reply.count) == reply)
    }
  }

  @Test("A paced line takes at least the time of a wire")
  func pace() throws {
    try withLine(pace: 1_200) { _, path in
      let probe = try SerialProbe(path)
      let clock = ContinuousClock()
      let start = clock.now
      probe.send(request)
      #expect(probe.receive(reply.count) == reply)
      // 8 characters of request, 3.5 of silence and 7 of reply, of 11 bits each.
      #expect(clock.now - start >= .milliseconds(169))
    }
  }

  @Test("The link goes with the server, and nothing else is ever replaced by one")
  func link() throws {
    let directory = try TemporaryDirectory()
    try directory.write("port", "precious")
    #expect(throws: TestKitError.self) { try Simulation(plant: PlantLayout(), link: directory("port")) }
    #expect(try directory.read("port") == "precious")
    let simulation = try Simulation(plant: PlantLayout(), link: directory("line"))
    #expect(try TextFile.linkTarget(directory("line")).hasPrefix("/dev/pts/"))
    simulation.stop()
    // Not `access`, which follows the link and fails for one that leads nowhere.
    #expect(throws: TestKitError.self) { try TextFile.linkTarget(directory("line")) }
  }
}
