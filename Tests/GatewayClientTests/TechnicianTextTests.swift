import Foundation
import Testing

@testable import GatewayClient

/// What people read, from what the daemon says.
@Suite("Devices and plans in words")
struct TechnicianTextTests {
  private func devices(_ bus: String) throws -> [String] {
    let text = #"{"devices":{"buses":[{"name":"rs485",\#(bus)}]}}"#
    let answer = try JSONDecoder().decode(DevicesAnswer.self, from: Data(text.utf8))
    return DevicesText(buses: answer.devices.buses).lines
  }

  @Test("a device in whose place another unit answers is told with that unit, and the bus with the count")
  func wrongUnit() throws {
    let lines = try devices(
      #""up":true,"load":0.1,"late_replies":0,"wrong_unit_replies":12,"devices":[{"name":"pump","unit":7,"requests":20,"#
        + #""success_rate":0,"silent":true,"wrong_unit_replies":12,"answered_by":71}]"#)
    #expect(
      lines == [
        "rs485  up  busy 10 %  12 replies of a unit that was not asked",
        "  pump  unit 7  0 % of 20 answered  unit 71 answered in its place (12 times)  SILENT, asked rarely",
      ])
  }

  @Test("a bus that is down is told with its next try")
  func retry() throws {
    let lines = try devices(#""up":false,"retry_in_seconds":17,"fault":"no route; look","load":0,"devices":[]"#)
    #expect(lines == ["rs485  DOWN  next try in 17 s  busy 0 %\n  ! no route; look", "  no devices"])
  }

  private func plan(_ members: String) throws -> [String] {
    PlanText(plan: try JSONDecoder().decode(PlanAnswer.self, from: Data("{\(members)}".utf8))).lines
  }

  @Test("a read that the device does not answer is told as one that is asked rarely")
  func unanswered() throws {
    let lines = try plan(
      #""buses":[{"name":"rs485","round_ms":30,"load":0.03,"devices":[{"name":"pump","unit":7,"every_ms":1000,"#
        + #""continuous":false,"time_ms":30,"thinking_ms":5,"refused":[],"requests":["#
        + #"{"table":"coil","address":1,"count":1,"time_ms":30,"tags":["run"]},"#
        + #"{"table":"coil","address":40,"count":3,"time_ms":30,"tags":["a","b"],"unanswered":true}]}]}]"#)
    #expect(
      lines.suffix(2) == [
        "    coil 1, 30 ms: run",
        "  ! asked rarely, because the device does not answer it: coil 40 to 42: a, b",
      ])
  }

  @Test("a bus of serial lines says that it has no plan, and what is asked there")
  func serialLines() throws {
    let lines = try plan(
      #""buses":[],"serial_buses":[{"name":"gps","longest_load":0,"asked":[],"sending":["station"]},"#
        + #"{"name":"lab","longest_load":1.2,"asked":[{"name":"scale","every_ms":1000,"longest_ms":1200}],"sending":[]}]"#
    )
    #expect(
      lines == [
        "bus gps: serial lines, no plan; its devices send by themselves",
        "bus lab: serial lines, no plan; asked: scale every 1 s (up to 1.2 s when it does not answer); without answers "
          + "the line cannot keep up (120 % busy)",
        "no Modbus bus, so nothing to plan",
      ])
  }

  private func troubles(_ members: String) throws -> [String] {
    let text =
      #"{"directory":"/outbox","epoch":"e","open":true,"failing":true,"failure":"disk full","samples":5,"bytes":9,"#
      + #""waiting_in_memory":700,"lanes":{},"used_bytes":1,"thinned_samples":0,"lost_samples":{},"bytes_written":1,"#
      + #""clock_trusted":true,"retired_epochs":[],"notes":[]"#
    return OutboxText.troubles(try JSONDecoder().decode(OutboxStatus.self, from: Data("\(text)\(members)}".utf8)))
  }

  @Test("an outbox that takes nothing is told with what waits, and with what is lost once memory is full")
  func fullMemory() throws {
    let waiting = "! the outbox takes no data (700 samples wait in memory): disk full"
    #expect(try troubles("") == [waiting])
    #expect(try troubles(#","memory_full_samples":0,"memory_full_alarm_events":0"#) == [waiting])
    let lines = try troubles(#","memory_full_samples":12,"memory_full_alarm_events":3"#)
    #expect(lines.count == 2 && lines[0] == waiting)
    #expect(lines[1].hasPrefix("! memory is full, too: 12 samples and 3 alarm events are lost so far"))
  }
}
