import Foundation
import Testing

@testable import GatewayClient

@Suite("What fieldgate alarms prints")
struct AlarmsTextTests {
  private func text(_ alarms: String, all: Bool = false) throws -> String {
    let json = "{\"alarms\":{\"rules\":[\(alarms)],\"others\":[]}}"
    let line = try JSONDecoder().decode(DaemonLine.self, from: Data(json.utf8))
    return AlarmsText(alarms: try #require(line.alarms).all, showsAll: all).lines.joined(separator: "\n")
  }

  private func alarm(_ name: String, _ state: String, _ more: String = "") -> String {
    """
    {"alarm":"\(name)","active":true,"pending":false,"held":false,"tag":"boiler/temp","severity":"high","value":91,
    "since":"2026-05-01T10:00:00.000Z","message":"it is 91 °C","state":"\(state)"\(more)}
    """
  }

  @Test("What asks for somebody comes first, with the command that answers it")
  func order() throws {
    let shown = try text(
      [
        alarm("seen", "acknowledged", ",\"acknowledged_by\":\"anna\""), alarm("quiet", "normal"),
        alarm("gone", "returned"), alarm("hot", "unacknowledged"),
      ].joined(separator: ","))
    #expect(
      shown == """
        ACTIVE  hot  high  boiler/temp  since 2026-05-01T10:00:00.000Z
            it is 91 °C
        GONE, NOT ACKNOWLEDGED  gone  high  boiler/temp  since 2026-05-01T10:00:00.000Z
            it is 91 °C
        active, acknowledged  seen  high  boiler/temp  since 2026-05-01T10:00:00.000Z
            it is 91 °C
            acknowledged by anna

        to acknowledge: fieldgate alarms ack hot; all 2: fieldgate alarms ack --all
        """)
  }

  @Test("First-out, chattering, shelving and comments are named")
  func notes() throws {
    let shown = try text(
      alarm(
        "hot", "shelved",
        """
        ,"underlying":"unacknowledged","group":"boiler","first_out":true,"raises":4,"chattering":{"count":14,"seconds":600},
        "shelved_by":"anna","shelved_until":"2026-05-01T12:00:00.000Z","shelved_seconds":3600,"comment":"on my way",
        "comment_by":"bob"
        """))
    #expect(shown.contains("FIRST of group boiler") && shown.contains("CHATTERING: 14 times in 10 min"))
    #expect(shown.contains("underneath ACTIVE; shelved by anna until 2026-05-01T12:00:00.000Z, 60 min left"))
    #expect(shown.contains("    bob: on my way") && !shown.contains("raised 4 times"))
    #expect(!shown.contains("to acknowledge"))
  }

  @Test("When all is well it says so, and shows normal ones only when asked")
  func quiet() throws {
    #expect(try text(alarm("hot", "normal")) == "no alarms; all 1 are normal")
    #expect(try text(alarm("hot", "normal"), all: true) == "normal  hot  high  boiler/temp")
    #expect(try text("") == "no rules are configured, so there are no alarms")
  }

  @Test("Comments have their time; a rule says what holds it, which delay runs, and that its detector still learns")
  func why() throws {
    let commented = try text(alarm("hot", "acknowledged", #","comment":"x","comment_by":"rule","comment_at":"T""#))
    #expect(commented.contains("\n    rule at T: x"))
    let held = alarm("hot", "normal", #","held_because":"no value of pump/run""#)
      .replacingOccurrences(of: #""held":false"#, with: #""held":true"#)
    #expect(try text(held, all: true).contains("held, no value of pump/run"))
    #expect(try text(alarm("hot", "unacknowledged", #","returning":true"#)).contains("the off-delay runs"))
    for (phase, says) in [("warm-up", true), ("learning", true), ("settling", false), ("settled", false)] {
      let shown = try text(
        alarm("odd", "normal", #","anomaly":{"phase":"\#(phase)","learned":0.128}"#), all: true)
      #expect(shown.contains("learns what is usual (12 % of \(phase)), raises no alarm yet") == says, "\(shown)")
    }
  }
}
