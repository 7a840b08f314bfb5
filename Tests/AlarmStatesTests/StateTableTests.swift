import AlarmStates
import Telemetry
import Testing

/// Every state and every event, as the table of `docs/alarms.md` has them.
@Suite("States of an alarm")
struct StateTableTests {
  enum Step: String, CaseIterable {
    case raised, raisedAgain, cleared, suppressed, unsuppressed, acknowledge, shelve, unshelve, comment, timeOver
  }

  /// How a state is reached from a new alarm.
  static let ways: [(name: String, steps: [Step])] = [
    ("normal", []), ("unacknowledged", [.raised]), ("acknowledged", [.raised, .acknowledge]),
    ("returned", [.raised, .cleared]), ("shelved, normal", [.shelve]), ("shelved, active", [.raised, .shelve]),
    ("shelved, acknowledged", [.raised, .acknowledge, .shelve]), ("shelved, returned", [.raised, .cleared, .shelve]),
    ("suppressed, normal", [.suppressed]), ("suppressed, active", [.raised, .suppressed]),
    ("shelved and suppressed", [.raised, .shelve, .suppressed]),
  ]

  /// State, event, the transitions that follow (or the word of a refusal), the state after it. `-`: nothing happens.
  static let table = """
    normal | raised | raised | unacknowledged
    normal | raisedAgain | raised | unacknowledged
    normal | cleared | - | normal
    normal | suppressed | suppressed | suppressed
    normal | unsuppressed | - | normal
    normal | acknowledge | !nothing-to-acknowledge | normal
    normal | shelve | shelved | shelved
    normal | unshelve | !not-shelved | normal
    normal | comment | commented | normal
    normal | timeOver | - | normal
    unacknowledged | raised | - | unacknowledged
    unacknowledged | raisedAgain | raised again | unacknowledged
    unacknowledged | cleared | returned | returned
    unacknowledged | suppressed | suppressed | suppressed
    unacknowledged | unsuppressed | - | unacknowledged
    unacknowledged | acknowledge | acknowledged | acknowledged
    unacknowledged | shelve | shelved | shelved
    unacknowledged | unshelve | !not-shelved | unacknowledged
    unacknowledged | comment | commented | unacknowledged
    unacknowledged | timeOver | - | unacknowledged
    acknowledged | raised | - | acknowledged
    acknowledged | raisedAgain | raised again | unacknowledged
    acknowledged | cleared | cleared | normal
    acknowledged | suppressed | suppressed | suppressed
    acknowledged | unsuppressed | - | acknowledged
    acknowledged | acknowledge | !nothing-to-acknowledge | acknowledged
    acknowledged | shelve | shelved | shelved
    acknowledged | unshelve | !not-shelved | acknowledged
    acknowledged | comment | commented | acknowledged
    acknowledged | timeOver | - | acknowledged
    returned | raised | raised | unacknowledged
    returned | raisedAgain | raised | unacknowledged
    returned | cleared | - | returned
    returned | suppressed | suppressed | suppressed
    returned | unsuppressed | - | returned
    returned | acknowledge | acknowledged | normal
    returned | shelve | shelved | shelved
    returned | unshelve | !not-shelved | returned
    returned | comment | commented | returned
    returned | timeOver | - | returned
    shelved, normal | raised | raised | shelved
    shelved, normal | raisedAgain | raised | shelved
    shelved, normal | cleared | - | shelved
    shelved, normal | suppressed | suppressed | suppressed
    shelved, normal | unsuppressed | - | shelved
    shelved, normal | acknowledge | !nothing-to-acknowledge | shelved
    shelved, normal | shelve | shelved | shelved
    shelved, normal | unshelve | unshelved | normal
    shelved, normal | comment | commented | shelved
    shelved, normal | timeOver | unshelved | normal
    shelved, active | raised | - | shelved
    shelved, active | raisedAgain | raised again | shelved
    shelved, active | cleared | returned | shelved
    shelved, active | suppressed | suppressed | suppressed
    shelved, active | unsuppressed | - | shelved
    shelved, active | acknowledge | acknowledged | shelved
    shelved, active | shelve | shelved | shelved
    shelved, active | unshelve | unshelved | unacknowledged
    shelved, active | comment | commented | shelved
    shelved, active | timeOver | unshelved | unacknowledged
    shelved, acknowledged | raised | - | shelved
    shelved, acknowledged | raisedAgain | raised again | shelved
    shelved, acknowledged | cleared | cleared | shelved
    shelved, acknowledged | suppressed | suppressed | suppressed
    shelved, acknowledged | unsuppressed | - | shelved
    shelved, acknowledged | acknowledge | !nothing-to-acknowledge | shelved
    shelved, acknowledged | shelve | shelved | shelved
    shelved, acknowledged | unshelve | unshelved | acknowledged
    shelved, acknowledged | comment | commented | shelved
    shelved, acknowledged | timeOver | unshelved | acknowledged
    shelved, returned | raised | raised | shelved
    shelved, returned | raisedAgain | raised | shelved
    shelved, returned | cleared | - | shelved
    shelved, returned | suppressed | suppressed | suppressed
    shelved, returned | unsuppressed | - | shelved
    shelved, returned | acknowledge | acknowledged | shelved
    shelved, returned | shelve | shelved | shelved
    shelved, returned | unshelve | unshelved | returned
    shelved, returned | comment | commented | shelved
    shelved, returned | timeOver | unshelved | returned
    suppressed, normal | raised | raised | suppressed
    suppressed, normal | raisedAgain | raised | suppressed
    suppressed, normal | cleared | - | suppressed
    suppressed, normal | suppressed | - | suppressed
    suppressed, normal | unsuppressed | unsuppressed | normal
    suppressed, normal | acknowledge | !nothing-to-acknowledge | suppressed
    suppressed, normal | shelve | shelved | suppressed
    suppressed, normal | unshelve | !not-shelved | suppressed
    suppressed, normal | comment | commented | suppressed
    suppressed, normal | timeOver | - | suppressed
    suppressed, active | raised | - | suppressed
    suppressed, active | raisedAgain | raised again | suppressed
    suppressed, active | cleared | returned | suppressed
    suppressed, active | suppressed | - | suppressed
    suppressed, active | unsuppressed | unsuppressed | unacknowledged
    suppressed, active | acknowledge | acknowledged | suppressed
    suppressed, active | shelve | shelved | suppressed
    suppressed, active | unshelve | !not-shelved | suppressed
    suppressed, active | comment | commented | suppressed
    suppressed, active | timeOver | - | suppressed
    shelved and suppressed | raised | - | suppressed
    shelved and suppressed | raisedAgain | raised again | suppressed
    shelved and suppressed | cleared | returned | suppressed
    shelved and suppressed | suppressed | - | suppressed
    shelved and suppressed | unsuppressed | unsuppressed | shelved
    shelved and suppressed | acknowledge | acknowledged | suppressed
    shelved and suppressed | shelve | shelved | suppressed
    shelved and suppressed | unshelve | unshelved | suppressed
    shelved and suppressed | comment | commented | suppressed
    shelved and suppressed | timeOver | unshelved | suppressed
    """

  static func perform(_ step: Step, _ bench: inout BookBench) -> AlarmRefusal.Reason? {
    switch step {
    case .raised: bench.rule("hot", .raised)
    case .raisedAgain: bench.rule("hot", .raisedAgain)
    case .cleared: bench.rule("hot", .cleared)
    case .suppressed: bench.rule("hot", .suppressed)
    case .unsuppressed: bench.rule("hot", .unsuppressed)
    case .acknowledge: return bench.person("hot", .acknowledge)
    case .shelve: return bench.person("hot", .shelve(.seconds(3_600)))
    case .unshelve: return bench.person("hot", .unshelve)
    case .comment: return bench.person("hot", .comment, comment: "a technician is on the way")
    case .timeOver: bench.pass(3_600)
    }
    return nil
  }

  @Test("Each event in each state leads where the table says")
  func everyRow() throws {
    var seen: Set<String> = []
    for line in Self.table.split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }.map {
        String($0.reversed().drop { $0 == " " }.reversed())
      }
      let way = try #require(Self.ways.first { $0.name == cells[0] }, "\(line)")
      let step = try #require(Step(rawValue: cells[1]), "\(line)")
      #expect(seen.insert("\(way.name) \(step)").inserted, "twice: \(line)")
      var bench = BookBench()
      for step in way.steps { _ = Self.perform(step, &bench) }
      bench.pass(1)
      let before = bench.book["hot"]
      let refusal = Self.perform(step, &bench)
      let told = bench.newest.map { String($0.dropFirst(4)) }.joined(separator: ",")
      let words = refusal.map { "!\($0.rawValue)" } ?? told
      #expect((words.isEmpty ? "-" : words) == cells[2], "\(line)")
      #expect(bench.state("hot").rawValue == cells[3], "\(line)")
      if refusal != nil { #expect(bench.book["hot"] == before, "a refusal changes nothing: \(line)") }
    }
    #expect(seen.count == Self.ways.count * Step.allCases.count)
  }

  @Test("Events name who did it, and shelving until when")
  func who() throws {
    var bench = BookBench()
    bench.rule("hot", .raised)
    bench.person("hot", .acknowledge, comment: "pump exchanged")
    bench.person("hot", .shelve(.seconds(7_200)))
    let events = bench.news.map(\.event)
    #expect(events.map(\.transition) == [.raised, .acknowledged, .commented, .shelved])
    #expect(events.map(\.who) == ["", "anna", "anna", "anna"])
    #expect(events[1].message == "acknowledged by anna" && events[2].message == "pump exchanged")
    #expect(events[3].message == "shelved for 2 h by anna" && events[3].until == bench.wall + .seconds(7_200))
    #expect(events.allSatisfy { $0.tag == "boiler/temp" && $0.severity == .high })
    let standing = try #require(bench.book["hot"]?.standing)
    #expect(standing.acknowledgement?.who == "anna" && standing.comment?.text == "pump exchanged")
    #expect(standing.shelf?.by.who == "anna" && standing.raises == 1)
  }

  @Test("An alarm that needs no acknowledgement is normal when its cause is gone")
  func withoutAcknowledgement() {
    var bench = BookBench()
    bench.rule("low_flow", .raised)
    #expect(bench.state("low_flow") == .unacknowledged)
    bench.rule("low_flow", .cleared)
    #expect(bench.newest == ["low_flow cleared"] && bench.state("low_flow") == .normal)
  }

  @Test("A shelved or suppressed alarm is recorded and not annunciated")
  func setAside() {
    var bench = BookBench()
    bench.person("hot", .shelve(nil))
    #expect(bench.presented == ["hot"])
    bench.rule("hot", .raised)
    #expect(bench.news.last?.isAnnunciated == false && bench.presented.isEmpty)
    #expect(bench.book["hot"]?.standing.isPresentedActive == false)
    bench.pass(8 * 3_600)
    #expect(bench.news.last?.event.transition == .unshelved && bench.news.last?.isAnnunciated == true)
    #expect(bench.presented == ["hot"] && bench.book["hot"]?.standing.isPresentedActive == true)
  }

  @Test(
    "Commands that mean nothing are refused",
    arguments: [
      ("cold", AlarmCommand.Action.acknowledge, "", AlarmRefusal.Reason.unknownAlarm),
      ("hot", .shelve(.seconds(0)), "", .badDuration), ("hot", .shelve(.seconds(8 * 86_400)), "", .badDuration),
      ("hot", .comment, "", .badComment), ("hot", .comment, String(repeating: "ä", count: 129), .badComment),
      ("boiler.alarm_flood", .shelve(nil), "", .isFlood),
    ])
  func refusals(name: String, action: AlarmCommand.Action, comment: String, expected: AlarmRefusal.Reason) {
    var bench = BookBench()
    #expect(bench.person(name, action, comment: comment) == expected)
    #expect(bench.news.isEmpty)
  }
}
