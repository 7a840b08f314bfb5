import BusPlanning
import GatewayConfiguration
import GatewayCore
import JSONText
import Testing
import YAMLParser

@Suite("What polling a bus takes")
struct BusPlanTests {
  /// - Parameter devices: name, interval and number of registers of each, on one line at 9600 baud.
  private func plan(_ devices: [(name: String, every: String, registers: Int)]) throws -> BusPlan {
    var text = """
      gateway: g
      central: { url: "https://central.example" }
      buses: [{ name: rs485, type: modbus-rtu, device: /dev/ttyS1, baud: 9600 }]
      devices:

      """
    for (index, device) in devices.enumerated() {
      let tags = (0..<device.registers).map { "{ name: t\($0), holding: \($0) }" }.joined(separator: ", ")
      text += "  - { name: \(device.name), bus: rs485, unit: \(index + 1), every: \(device.every), tags: [\(tags)] }\n"
    }
    let settings = try #require(GatewaySettingsReader.read(try YAMLFile.parse(Array(text.utf8))).settings)
    return try #require(BusPlan.all(settings).first)
  }

  /// A character takes 1.146 ms. One request for 20 registers has 13 + 40 of them, 7 of silence, and 5 ms to think: 73.7 ms.
  @Test("the time of a request is that of its characters, its silences and the device")
  func times() throws {
    let plan = try plan([("boiler", "1s", 20)])
    #expect((plan.round / .milliseconds(1) * 10).rounded() == 737)
    #expect((plan.load * 1_000).rounded() == 74)
    #expect(plan.warnings.isEmpty)
  }

  @Test("a bus that cannot keep up is told with its round and the hastiest device")
  func overload() throws {
    let plan = try plan((1...23).map { ("slow\($0)", "1.5s", 20) } + [("boiler", "1s", 20)])
    #expect(plan.warnings.count == 1)
    #expect(plan.warnings[0].hasPrefix("bus rs485 needs 1.8 s for one round, boiler asks for every 1 s; "))
  }

  @Test("a bus that is nearly busy all the time is told, too; continuous devices take what is left")
  func nearlyFull() throws {
    let fixed = (1...26).map { (name: "d\($0)", every: "2s", registers: 20) }
    let plan = try plan(fixed + [("fast", "continuous", 20)])
    #expect(plan.warnings.count == 1)
    #expect(plan.warnings[0].hasPrefix("bus rs485 is busy for 96 % of the time"))
    #expect(try self.plan([("fast", "continuous", 125)]).warnings.isEmpty)
  }

  @Test("a read that goes unanswered is told and not counted")
  func unanswered() throws {
    var plan = try plan([("boiler", "1s", 20)])
    let step = try #require(plan.devices[0].reading.plan.steps.first)
    plan.devices[0].reading.unanswered = [step.request]
    #expect(plan.round == .zero && plan.load == 0)
    #expect(JSONWriter.text { json in json.object { plan.write(to: &$0) } }.contains(#""unanswered":true"#))
  }

  @Test("a bus of serial lines is told with what is asked there, and for how long in vain")
  func serialLines() throws {
    let text = """
      gateway: g
      central: { url: "https://central.example" }
      buses: [{ name: lab, type: serial-lines, device: /dev/ttyS1, baud: 9600 }]
      devices:
        - { name: scale, bus: lab, format: csv, every: 1s, request: "W", timeout: 300ms, tags: [{ name: w, field: 1 }] }
        - { name: gauge, bus: lab, format: key-value, tags: [{ name: t, field: T }] }
      """
    let settings = try #require(GatewaySettingsReader.read(try YAMLFile.parse(Array(text.utf8))).settings)
    #expect(BusPlan.all(settings).isEmpty)
    let plan = try #require(SerialBusPlan.all(settings).first)
    #expect(
      JSONWriter.text { json in json.object { plan.write(to: &$0) } }
        == #"{"name":"lab","longest_load":1.2,"asked":[{"name":"scale","every_ms":1000,"longest_ms":1200}],"#
        + #""sending":["gauge"]}"#)
  }

  @Test("the plan is told as JSON")
  func json() throws {
    let plan = try plan([("boiler", "1s", 2)])
    #expect(
      JSONWriter.text { json in json.object { plan.write(to: &$0) } }
        == #"{"name":"rs485","round_ms":32.49,"load":0.0325,"devices":[{"name":"boiler","unit":1,"every_ms":1000,"#
        + #""continuous":false,"time_ms":32.49,"thinking_ms":5,"requests":[{"table":"holding register","function":3,"#
        + #""address":0,"count":2,"time_ms":32.49,"tags":["t0","t1"]}],"refused":[]}]}"#)
  }
}
