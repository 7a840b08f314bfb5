import FieldgateTestKit
import Telemetry
import Testing

/// Every table, type and order that mbpoll knows, and every function that it sends, over TCP and a serial line.
@Suite("mbpoll as a client of its own kind")
struct MBPollTableTests {
  struct Read: Sendable, CustomTestStringConvertible {
    var table: RegisterTable
    var type: RegisterType
    var order: WordOrder
    var value: Double
    /// `-t` of mbpoll, and what it prints.
    var words: String
    var shown: String
    var testDescription: String { "\(table.name) \(type) \(order.rawValue)" }

    init(
      _ table: RegisterTable, _ type: RegisterType, _ order: WordOrder, _ value: Double, _ words: String,
      _ shown: String
    ) {
      (self.table, self.type, self.order, self.value) = (table, type, order, value)
      (self.words, self.shown) = (words, shown)
    }
  }

  static let cases: [Read] =
    [(RegisterTable.holdingRegister, "4"), (.inputRegister, "3")].flatMap { table, letter in
      [
        Read(table, .uint16, .bigBig, 65_336, letter, "65336"),
        Read(table, .int16, .bigBig, -200, letter, "65336"),
        Read(table, .uint16, .bigLittle, 0x1234, "\(letter):hex", "0x3412"),
        Read(table, .int32, .bigBig, -123_456, "\(letter):int -B", "-123456"),
        Read(table, .int32, .littleBig, -123_456, "\(letter):int", "-123456"),
        Read(table, .uint32, .bigBig, 2_000_000_000, "\(letter):int -B", "2000000000"),
        Read(table, .float32, .bigBig, 123.5, "\(letter):float -B", "123.5"),
        Read(table, .float32, .littleBig, -0.25, "\(letter):float", "-0.25"),
      ]
    } + [
      Read(.coil, .bool, .bigBig, 1, "0", "1"), Read(.discreteInput, .bool, .bigBig, 1, "1", "1"),
    ]

  private func withDevice(
    _ tags: [SimulatedTag], _ body: (Simulation, MBPoll) throws -> Void
  ) throws {
    let directory = try TemporaryDirectory("mbpoll")
    let device = SimulatedDevice(name: "device", unit: 7, fillsGaps: true, tags: tags)
    let tcp = try Simulation(tcp: [("bus", [device])])
    defer { tcp.stop() }
    try body(tcp, MBPoll(target: .tcp(port: tcp.ports[0])))
    let rtu = try Simulation(rtu: ("bus", [device], directory("line")))
    defer { rtu.stop() }
    try body(rtu, MBPoll(target: .rtu(path: directory("line"))))
  }

  @Test("mbpoll reads what the device holds", arguments: cases)
  func reads(_ one: Read) throws {
    let first = SimulatedTag("first", one.table, 10, one.type, order: one.order, .constant(0))
    let behind = UInt16(10 + first.point.entryCount)
    let second = SimulatedTag("second", one.table, behind, one.type, order: one.order, .constant(one.value))
    try withDevice([first, second]) { _, mbpoll in
      let words = one.words.split(separator: " ").map(String.init)
      let answer = try mbpoll.request(
        unit: 7, type: words[0], address: 10, count: 2, extra: Array(words.dropFirst()))
      #expect(answer.error.isEmpty)
      #expect(answer.values[Int(behind)] == one.shown, "\(answer.values)")
    }
  }

  @Test("mbpoll writes single and several coils and registers, and values of 32 bits")
  func writes() throws {
    let tags =
      (0..<20).map { SimulatedTag("coil\($0)", .coil, UInt16($0), .constant(0)) }
      + (0..<8).map { SimulatedTag("register\($0)", .holdingRegister, UInt16($0), .uint16, .constant(0)) } + [
        SimulatedTag("number", .holdingRegister, 20, .int32, .constant(0)),
        SimulatedTag("float", .holdingRegister, 22, .float32, order: .littleBig, .constant(0)),
      ]
    try withDevice(tags) { simulation, mbpoll in
      #expect(try mbpoll.request(unit: 7, type: "0", address: 3, write: ["1"]).error.isEmpty)
      let coils = (0..<11).map { $0 % 3 == 0 ? "1" : "0" }
      #expect(try mbpoll.request(unit: 7, type: "0", address: 8, write: coils).error.isEmpty)
      #expect(try mbpoll.request(unit: 7, type: "4", address: 0, write: ["7"]).error.isEmpty)
      #expect(try mbpoll.request(unit: 7, type: "4", address: 1, write: ["1", "2", "65535"]).error.isEmpty)
      #expect(try mbpoll.request(unit: 7, type: "4:int", address: 20, write: ["70000"], extra: ["-B"]).error.isEmpty)
      #expect(try mbpoll.request(unit: 7, type: "4:float", address: 22, write: ["2.5"]).error.isEmpty)
      let values = try simulation.values("device")
      #expect(values["coil2"] == 0 && values["coil3"] == 1 && values["coil4"] == 0)
      for (index, coil) in coils.enumerated() { #expect(values["coil\(8 + index)"] == Double(coil)) }
      #expect((0..<5).map { values["register\($0)"] } == [7, 1, 2, 65_535, 0])
      #expect(values["number"] == 70_000 && values["float"] == 2.5)
    }
  }

  @Test("what a device has not is refused, whatever the function")
  func refusals() throws {
    try withDevice([SimulatedTag("value", .holdingRegister, 0, .uint16, .constant(1))]) { _, mbpoll in
      for type in ["0", "1", "3"] {
        #expect(try mbpoll.request(unit: 7, type: type, address: 0).error.hasSuffix("Illegal data address"))
      }
      for type in ["0", "4"] {
        let one = try mbpoll.request(unit: 7, type: type, address: 9, write: ["1"])
        let many = try mbpoll.request(unit: 7, type: type, address: 9, write: ["1", "1"])
        #expect(one.error.hasSuffix("Illegal data address") && many.error.hasSuffix("Illegal data address"))
      }
    }
  }
}
