import FieldgateTestKit
import Foundation
import Testing

/// Commands the whole way: from mosquitto_pub and the command line to a simulated device, and back to central.
@Suite("Commands, end to end", .inASiteSlot)
struct CommandsTests {
  private func site() async throws -> Site {
    let site = try Site()
    try site.startBroker()
    try await site.startCentral()
    try site.writeConfiguration()
    // The simulator keeps what a client wrote.
    var text = try String(contentsOfFile: site.path("gateway.yaml"), encoding: .utf8)
    let limits = "writable: { minimum: -20, maximum: 80 }"
    text = text.replacingOccurrences(of: "name: return_temp,", with: "name: return_temp, \(limits),")
    text = text.replacingOccurrences(of: "name: burner,", with: "name: burner, writable: true,")
    try text.write(toFile: site.path("gateway.yaml"), atomically: true, encoding: .utf8)
    try site.startGateway()
    try await site.everyDeviceAtCentral()
    return site
  }

  @Test("mosquitto_rr writes, gets the outcome, and central has the event")
  func broker() async throws {
    let site = try await site()
    let done = try site.ask(#"{"id":"a1","values":{"return_temp":21.5,"burner":true},"ttl":"15s"}"#)
    #expect(done.outcome == "done" && done.id == "a1")
    #expect(done.values?["return_temp"]?.outcome == "done" && done.values?["burner"]?.outcome == "done")
    #expect(try site.ask(#"{"id":"a1","values":{"return_temp":21.5,"burner":true}}"#).duplicate == true)
    #expect(try site.ask(#"{"return_temp":81}"#).reason == "out-of-limits")
    #expect(try site.ask(#"{"supply_temp":20}"#).reason == "not-writable")
    #expect(try site.ask("on").reason == "bad-command")
    #expect(try site.ask(#"{"burner":true}"#, device: "boilr").reason == "unknown-device")
    let old = #"{"values":{"burner":false},"time":"2020-01-01T00:00:00Z"}"#
    #expect(try site.ask(old).outcome == "expired")
    _ = try await eventually("the next scan") {
      try site.fieldgate("values", "boiler/return_temp").text.contains("return_temp 21.5") ? true : nil
    }
    let event = try await eventually("the event at central") {
      let text = try site.curl("/v1/gateways/site/alarms").text
      return text.contains("\"transition\":\"written\"") ? text : nil
    }
    #expect(event.contains("by mqtt (id a1): done") && event.contains("\"tag\":\"boiler/return_temp\""))
    // Whether the gateway listens when it is sent or comes later, it does not take it for a command.
    let replies = try await site.subscriber("fieldgate/site/boiler/set/reply")
    try site.publish("fieldgate/site/boiler/set", #"{"return_temp":50}"#, ["-r"])
    let reply = try await eventually("the reply to a retained message") { site.messages(replies).first }
    #expect(reply.contains(#""reason":"retained""#), "\(reply)")
    try site.fieldgate("write", "boiler/return_temp", "25", "--yes")
    #expect(try site.stopGateway() == .code(0))
    try site.startGateway()
    _ = try await eventually("the refusal after the next start") {
      site.log("gateway").contains("was refused: retained messages") ? true : nil
    }
    _ = try await eventually("a value after the start") {
      try site.fieldgate("values", "boiler/return_temp", mustSucceed: false).text.contains("return_temp 25")
        ? true : nil
    }
    #expect(try site.stopGateway() == .code(0))
    #expect(try site.verifyCentral().sound)
  }

  @Test("the command line writes what is writable, reads any register, and ends with 1 when it could not")
  func commandLine() async throws {
    let site = try await site()
    let done = try site.fieldgate("write", "boiler/return_temp", "33.5", "--yes").text
    #expect(done.contains("boiler/return_temp: done, was ") && done.contains("is 33.5"))
    let negative = try site.fieldgate("write", "boiler/return_temp", "-7.5", "--yes").text
    #expect(negative.contains("is -7.5"), "a value, not an option")
    try site.fieldgate("write", "boiler/return_temp", "33.5", "--yes")
    let misspelt = try site.fieldgate("wirte", "boiler/return_temp", "1", mustSucceed: false)
    #expect(misspelt.status == 64 && misspelt.errors.contains("did you mean 'write'?"))
    let asked = try site.fieldgate("write", "boiler/return_temp", "40", mustSucceed: false)
    #expect(asked.status == 1 && asked.text.contains("nothing was written"))
    let refused = try site.fieldgate("write", "boiler/return_temp", "90", "--yes", "--json", mustSucceed: false)
    #expect(refused.status == 1 && refused.text.contains("out-of-limits"))
    let notWritable = try site.fieldgate("write", "boiler/supply_temp", "1", mustSucceed: false)
    #expect(notWritable.status != 0 && notWritable.errors.contains("is not writable"))
    let read = try site.fieldgate("read", PlantLayout.rtuBus, "1", "holding", "101", "--type", "int16").text
    #expect(read == "holding register 101  0x014f  335\n")
    let absent = try site.fieldgate("read", PlantLayout.rtuBus, "1", "holding", "9000", mustSucceed: false)
    #expect(absent.status != 0 && absent.errors.contains("illegal data address"))
    let found = try site.fieldgate("scan", PlantLayout.rtuBus, "--units", "1-5", "--timeout", "30", "--json").text
    #expect(found.split(separator: "\n").count == 3)
    #expect(found.contains("\"unit\":3,\"answers\":[\"read holding registers\""))
    let devices = try site.fieldgate("devices").text
    #expect(devices.contains("boiler") && devices.contains("answered"))
    let typo = try site.fieldgate("read", "rs458", "1", "holding", "1", mustSucceed: false)
    #expect(typo.errors.contains("there is no bus 'rs458'"))
  }
}
