import SerialSensors
import Telemetry
import Testing

@testable import GatewayCore

@Suite("Buses of serial lines")
struct SerialBusMachineTests {
  static func pushing(
    _ pattern: String, _ fields: [String] = ["v"], device: Int = 0, every: Duration = .zero,
    staleAfter: Duration = .seconds(60)
  ) -> SerialSensor {
    SerialSensor(
      device: device, serial: SerialDevice(.pushes(.pattern(pattern), where: []), staleAfter: staleAfter),
      interval: every, points: fields.map { FieldPoint(field: $0) })
  }

  static func asked(
    device: Int = 0, request: String = "READ\r\n", pattern: String = "^v=(?<v>.*)$", every: Duration = .seconds(1),
    timeout: Duration = .milliseconds(100), retries: Int = 1
  ) -> SerialSensor {
    let request = InstrumentRequest(bytes: Array(request.utf8), timeout: timeout, retries: retries)
    return SerialSensor(
      device: device, serial: SerialDevice(.answers(.pattern(pattern), where: [], request)), interval: every,
      points: [FieldPoint(field: "v")])
  }

  static func good(_ value: Double) -> Reading { Reading(.float64(value)) }

  @Test("Each message is a scan; lines of nobody are counted, the newest is shown; the first match wins")
  func messages() throws {
    var rig = try SerialBusRig([
      Self.pushing("^A (?<v>.*)$", device: 4), Self.pushing("^. (?<v>.*)$", device: 7),
    ])
    rig.feed("broken 1\r\nA 1.5\r\n", at: 100)
    rig.feed("B 2\r\nwhat\u{1}is this?\r\n", at: 150)
    rig.feed("A x\r\n", at: 400)
    rig.run(until: 1_000)
    #expect(rig.delivered.map(\.device) == [4, 7, 4])
    #expect(rig.delivered.map(\.readings) == [[Self.good(1.5)], [Self.good(2)], [.bad(.undecodable)]])
    #expect(rig.delivered.map(\.milliseconds) == [100, 150, 400])
    #expect(rig.delivered[2].fault?.contains("no value of its type") == true)
    #expect(rig.machine.counts.unmatched == 1 && rig.machine.counts.matched == 3)
    #expect(rig.machine.counts.newestUnmatched == "what\\x01is this?")
    #expect(rig.machine.counts.framer.joined == 1)
    #expect(rig.machine.health(of: 7).isAnswering && !rig.machine.health(of: 4).isAnswering)
  }

  @Test("Texts go with their scan, the newest of an interval; a damaged or missing one leaves none behind")
  func texts() throws {
    var pushing = Self.pushing("^(?<s>[^ ]*)(?: (?<v>.*))?$", ["s", "v"], every: .seconds(1))
    pushing.points[0].type = .string
    var asking = Self.asked(device: 1, every: .seconds(2))
    asking.points[0].type = .string
    var rig = try SerialBusRig([pushing])
    for (time, line) in [(300, "a 1"), (400, "b"), (700, "c 2"), (1_500, "d 3"), (1_600, "x\u{1}y 4"), (2_500, "e 5")] {
      rig.feed("\(line)\r\n", at: time)
    }
    rig.run(until: 3_400)
    let text = Reading(bits: 0, quality: .good)
    #expect(rig.delivered.map(\.texts) == [[0: "a"], [0: "c"], [:], [0: "e"]])
    #expect(rig.delivered.map { $0.readings[0] } == [text, text, .bad(.undecodable), text])
    #expect(rig.delivered.map { $0.readings[1] } == [1, 2, 4, 5].map { Self.good($0) })
    var answers = try SerialBusRig([asking])
    answers.answer = { _, _ in [(after: 10, text: "v=ready\r\n")] }
    answers.run(until: 2_000)
    #expect(answers.delivered.first?.texts == [0: "ready"] && answers.delivered.first?.readings == [text])
  }

  @Test("With an interval the newest message counts, and a flood costs one scan in ten milliseconds")
  func intervals() throws {
    var slow = try SerialBusRig([Self.pushing("^(?<v>.*)$", every: .seconds(1))])
    for tenth in 3..<33 { slow.feed("\(tenth)\r\n", at: tenth * 100) }
    slow.run(until: 3_450)
    #expect(slow.delivered.map { $0.readings[0] } == [3, 12, 22, 32].map { Self.good($0) })
    #expect(slow.delivered.map(\.milliseconds) == [300, 1_300, 2_300, 3_300])
    #expect(slow.machine.counts.merged > 20)
    var flood = try SerialBusRig([Self.pushing("^(?<v>.*)$")])
    for millisecond in 300..<1_300 { flood.feed("\(millisecond)\r\n", at: millisecond) }
    flood.run(until: 1_299)
    #expect(flood.delivered.count <= 101 && flood.delivered.count >= 99)
  }

  @Test("A sensor that stops is bad after its time, again and again; a value that is missing alone is stale")
  func staleness() throws {
    var rig = try SerialBusRig([
      Self.pushing("^a=(?<a>[^;]*)(?:;b=(?<b>.*))?$", ["a", "b"], staleAfter: .seconds(2))
    ])
    rig.feed("a=1;b=1\r\n", at: 300)
    for second in 1...5 { rig.feed("a=2\r\n", at: second * 1_000) }
    rig.run(until: 12_000)
    let stale = rig.delivered.filter { $0.readings[1].quality.level == .bad }
    #expect(stale.first?.milliseconds == 2_300 && stale.first?.readings == [.absent, .bad(.stale)])
    let silent = rig.delivered.filter { $0.readings[0].quality.level == .bad }
    #expect(silent.map(\.milliseconds) == [7_000, 9_000, 11_000])
    #expect(silent.allSatisfy { $0.readings[0] == .bad(.timeout) })
    #expect(silent[0].fault?.contains("no message for 2 s") == true)
  }

  @Test("A line that is pulled out makes its devices bad at once and at their pace; back, it starts with a whole line")
  func unplugging() throws {
    var rig = try SerialBusRig([Self.pushing("^v=(?<v>.*)$", staleAfter: .seconds(3)), Self.asked(device: 1)])
    rig.answer = { _, _ in [(20, "v=7\r\n")] }
    rig.feed("v=1\r\nv=", at: 300)
    rig.run(until: 900)
    #expect(rig.delivered.filter { $0.device == 0 }.map(\.readings) == [[Self.good(1)]])
    rig.unplug()
    rig.run(until: 5_200)
    let down = rig.delivered.filter { $0.milliseconds >= 900 }
    #expect(down.allSatisfy { $0.readings == [.bad(.busDown)] })
    #expect(down.filter { $0.device == 0 }.map(\.milliseconds) == [900, 3_900])
    #expect(down.filter { $0.device == 1 }.count == 4)
    #expect(!rig.machine.statistics.isBusUp)
    rig.plugIn()
    rig.feed("1.7\r\nv=8\r\n", at: 6_000)
    rig.run(until: 7_000)
    let back = rig.delivered.filter { $0.milliseconds >= 6_000 && $0.device == 0 }
    #expect(back.map(\.readings) == [[Self.good(8)]])
    #expect(rig.machine.statistics.reconnects == 1 && rig.machine.statistics.isBusUp)
    #expect(rig.delivered.last { $0.device == 1 }?.readings == [Self.good(7)])
  }

  @Test("An instrument is asked at its interval; an echo is passed over, a late answer is dropped, silence is retried")
  func instruments() throws {
    var rig = try SerialBusRig([Self.asked()])
    var mode = "good"
    rig.answer = { _, _ in
      switch mode {
      case "good": [(5, "READ\r\n"), (20, "v=1\r\n")]
      case "late": [(130, "v=9\r\n")]
      default: []
      }
    }
    rig.run(until: 1_500)
    // At first the line is listened to for a time-out.
    #expect(rig.delivered.map(\.milliseconds) == [120, 1_020])
    mode = "late"
    rig.run(until: 2_900)
    // Asked at 2000, late at 2130, asked again, late again.
    #expect(rig.delivered.last?.readings == [.bad(.timeout)])
    #expect(rig.machine.counts.late == 2 && rig.machine.counts.unmatched == 0)
    mode = "silent"
    rig.run(until: 3_900)
    #expect(rig.delivered.last?.readings == [.bad(.timeout)])
    mode = "good"
    rig.run(until: 4_500)
    #expect(rig.delivered.last?.readings == [Self.good(1)])
    #expect(rig.machine.statistics.failures[.timeout] == 4)
  }

  @Test("The rest of a late answer is never taken for an answer, even when the next question is due in its middle")
  func halves() throws {
    var rig = try SerialBusRig([Self.asked(pattern: "(?<v>[0-9.]+)$", every: .milliseconds(200), retries: 0)])
    rig.answer = { _, now in now < 1_500 ? [(190, "v=12"), (230, ".5\r\n")] : [(10, "v=7\r\n")] }
    rig.run(until: 4_000)
    let values = rig.delivered.compactMap { $0.readings[0].value(.float64) }
    #expect(!values.isEmpty && values.allSatisfy { $0 == .float64(7) }, "\(values)")
    #expect(rig.machine.counts.late + rig.machine.counts.unmatched >= 2)
  }

  @Test("A dead instrument beside a live one is asked more rarely, and the live one keeps its pace")
  func deadNeighbour() throws {
    var rig = try SerialBusRig([
      Self.asked(device: 0, request: "A", pattern: "^a=(?<v>.*)$"),
      Self.asked(device: 1, request: "B", pattern: "^b=(?<v>.*)$"),
    ])
    rig.answer = { sent, _ in sent == "A" ? [(10, "a=1\r\n")] : [] }
    rig.run(until: 120_000)
    let live = rig.delivered.filter { $0.device == 0 }
    #expect(live.count >= 118 && live.allSatisfy { $0.readings == [Self.good(1)] })
    #expect(rig.sent.filter { $0.text == "B" }.count < 30)
    let dead = rig.delivered.filter { $0.device == 1 }
    #expect(dead.count >= 118 && dead.allSatisfy { $0.readings == [.bad(.timeout)] })
  }

  @Test("SDI-12: sensors are identified once, concurrent measurements overlap, and a dead one costs the others little")
  func sdi12() throws {
    func sensor(_ device: Int, _ address: Character, _ fields: [String]) -> SerialSensor {
      let sdi = SDI12Sensor(address: address.asciiValue ?? 0)
      return SerialSensor(
        device: device, serial: SerialDevice(.sdi12(sdi)), interval: .seconds(10),
        points: fields.map { FieldPoint(field: $0) })
    }
    var rig = try SerialBusRig([
      sensor(0, "0", ["C.1"]), sensor(1, "1", ["M.1", "M.2"]), sensor(2, "2", ["1"]),
    ])
    rig.answer = { sent, _ in
      switch sent {
      case "0I!": [(10, "0I!014ACME    SOIL1 100\r\n")]
      case "1I!": [(10, "114ACME    TEMP  200abc\r\n")]
      case "0C!": [(10, "0C!000401\r\n")]
      case "0D0!": [(10, "0D0!0+3.5\r\n")]
      case "1M!": [(10, "10022\r\n"), (1_000, "1\r\n")]
      case "1D0!": [(10, "1+1-2\r\n")]
      default: []
      }
    }
    rig.run(until: 60_000)
    #expect(rig.machine.counts.identities[0] == "ACME SOIL1 100 (SDI-12 1.4)")
    #expect(rig.machine.counts.identities[1] == "ACME TEMP 200 abc (SDI-12 1.4)")
    #expect(rig.sent.filter { $0.text == "0I!" }.count == 1)
    for device in 0...1 {
      let scans = rig.delivered.filter { $0.device == device }
      #expect(scans.count >= 5)
      let expected = device == 0 ? [Self.good(3.5)] : [Self.good(1), Self.good(-2)]
      #expect(scans.allSatisfy { $0.readings == expected }, "device \(device)")
    }
    #expect(rig.delivered.filter { $0.device == 2 }.allSatisfy { $0.readings == [.bad(.timeout)] })
    // Between the start of the concurrent measurement and its data the other sensor was served.
    let start = rig.sent.first { $0.text == "0C!" }?.milliseconds ?? 0
    let data = rig.sent.first { $0.text == "0D0!" }?.milliseconds ?? 0
    #expect(data - start >= 4_000 && rig.sent.contains { $0.text == "1M!" && $0.milliseconds < data })
  }

  @Test("A good value is always the answer to the last question, however late devices answer")
  func lateAnswers() throws {
    var generator = PollingTestGenerator(seed: 20_261_125)
    for round in 0..<40 {
      var rig = try SerialBusRig([Self.asked(every: .milliseconds(250), timeout: .milliseconds(80), retries: round % 3)]
      )
      var question = 0
      rig.answer = { _, _ in
        question += 1
        let delay = Int.random(in: 5...159, using: &generator)
        return Int.random(in: 0..<6, using: &generator) == 0 ? [] : [(delay, "v=\(question)\r\n")]
      }
      var goods = 0
      for step in 1...400 {
        let before = rig.delivered.count
        rig.run(until: step * 50)
        for scan in rig.delivered[before...] {
          guard let value = scan.readings[0].value(.float64) else { continue }
          goods += 1
          // Deliveries follow at once, before the next question is asked.
          #expect(value == .float64(Double(scan.asked)), "round \(round) at \(scan.milliseconds) ms")
        }
      }
      #expect(goods > 10)
    }
  }
}
