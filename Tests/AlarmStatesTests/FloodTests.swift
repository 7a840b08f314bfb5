import AlarmStates
import Telemetry
import Testing

@Suite("Floods, chattering and first-out")
struct FloodTests {
  private static let many =
    (1...15).map {
      AlarmDefinition(
        name: "a\($0)", tag: "boiler/t\($0)", device: "boiler", severity: $0 == 15 ? .critical : .medium)
    } + [AlarmDefinition(name: "other", tag: "pump/run", device: "pump", severity: .low)]

  private func annunciated(_ bench: BookBench) -> [String] {
    bench.news.filter(\.isAnnunciated).map { "\($0.event.alarm) \($0.event.transition.name)" }
  }

  @Test("From the tenth alarm of a device within a minute on, one alarm stands for all; nothing is lost in the record")
  func flood() throws {
    var bench = BookBench(Self.many)
    for number in 1...12 {
      bench.rule("a\(number)", .raised)
      bench.pass(4)
    }
    #expect(annunciated(bench) == (1...9).map { "a\($0) raised" } + ["boiler.alarm_flood raised"])
    let raised = try #require(bench.news.first { $0.event.alarm == "boiler.alarm_flood" }?.event)
    #expect(raised.message.hasPrefix("10 alarms of boiler in 36 s") && raised.value == 10)
    #expect(bench.news.filter { $0.event.transition == .raised }.count == 13)
    // Others, and what is critical, are shown as ever.
    bench.rule("other", .raised)
    bench.rule("a15", .raised)
    #expect(annunciated(bench).suffix(2) == ["other raised", "a15 raised"])
    // Quiet: at most five within a minute. The sixth newest is a8, at 28 s.
    bench.pass(39)
    #expect(bench.newest.isEmpty && bench.state("boiler.alarm_flood") == .unacknowledged)
    bench.pass(1)
    #expect(bench.newest == ["boiler.alarm_flood cleared"] && bench.state("boiler.alarm_flood") == .normal)
    #expect(bench.presented == ["boiler.alarm_flood", "a10", "a11", "a12"])
    let over = try #require(bench.news.last?.event)
    #expect(over.message == "the flood of alarms of boiler is over: 13 in 1 min 28 s")
  }

  @Test("Alarms that are set aside make no flood")
  func setAsideFlood() {
    var bench = BookBench(Self.many)
    for number in 1...14 {
      bench.person("a\(number)", .shelve(nil))
      bench.rule("a\(number)", .raised)
    }
    #expect(bench.state("boiler.alarm_flood") == .normal)
  }

  @Test("The name of a flood stays within the bound of names, and long device names stay apart")
  func floodNames() {
    let long = String(repeating: "d", count: 63)
    #expect(AlarmWords.floodName("boiler") == "boiler.alarm_flood")
    #expect(AlarmWords.floodName(long + "1").utf8.count <= 64)
    #expect(AlarmWords.floodName(long + "1") != AlarmWords.floodName(long + "2"))
  }

  @Test("Three raisings within a minute are chattering, counted until it is quiet for a minute")
  func chattering() throws {
    var bench = BookBench()
    var messages: [String] = []
    for _ in 1...5 {
      bench.rule("hot", .raised)
      messages.append(bench.news.last?.event.message ?? "")
      bench.pass(10)
      bench.rule("hot", .cleared)
      bench.pass(10)
    }
    #expect(messages[1] == "it is 91.0" && messages[2] == "it is 91.0; chattering: 3 times in 40 s")
    #expect(messages[4] == "it is 91.0; chattering: 5 times in 1 min 20 s")
    let chatter = try #require(bench.book.chattering("hot", now: bench.now))
    #expect(chatter.count == 5 && bench.book["hot"]?.standing.raises == 5)
    bench.pass(60)
    #expect(bench.book.chattering("hot", now: bench.now) == nil)
    bench.rule("hot", .raised)
    #expect(bench.news.last?.event.message == "it is 91.0")
  }

  @Test("A message with the count of chattering stays within its bound")
  func longMessages() throws {
    var bench = BookBench()
    for _ in 1...4 {
      _ = bench.book.take(
        AlarmEvent(
          time: bench.wall, alarm: "hot", tag: "boiler/temp", transition: .raisedAgain, severity: .high, value: 1,
          message: String(repeating: "ö", count: 256)), now: bench.now)
    }
    let message = try #require(bench.book["hot"]?.message)
    #expect(message.utf8.count <= 512 && message.hasSuffix("; chattering: 4 times in 0 s"))
  }

  private static let group = ["trip", "pressure", "flow"].map {
    AlarmDefinition(name: $0, tag: "compressor/\($0)", device: "compressor", severity: .high, group: "compressor")
  }

  @Test("The first alarm of a quiet group is marked until the group is quiet and acknowledged")
  func firstOut() {
    var bench = BookBench(Self.group)
    bench.rule("pressure", .raised)
    #expect(bench.newest == ["pressure raised", "pressure first-out"])
    bench.rule("trip", .raised)
    #expect(bench.newest == ["trip raised"])
    bench.rule("pressure", .cleared)
    bench.person("pressure", .acknowledge)
    #expect(bench.book["pressure"]?.standing.isFirstOut == true, "the other is still active")
    bench.rule("flow", .raised)
    bench.rule("flow", .cleared)
    bench.rule("trip", .cleared)
    bench.person("trip", .acknowledge)
    #expect(bench.newest == ["trip acknowledged"], "the third is not acknowledged")
    bench.person("flow", .acknowledge)
    #expect(bench.newest == ["flow acknowledged", "pressure first-out over"])
    bench.rule("trip", .raised)
    #expect(bench.newest == ["trip raised", "trip first-out"])
  }

  @Test("A member that is set aside keeps its group neither busy nor quiet")
  func firstOutSetAside() {
    var bench = BookBench(Self.group)
    bench.person("trip", .shelve(nil))
    bench.rule("trip", .raised)
    #expect(bench.newest == ["trip raised"])
    bench.rule("flow", .raised)
    #expect(bench.newest == ["flow raised", "flow first-out"])
    bench.person("flow", .acknowledge)
    bench.rule("flow", .cleared)
    #expect(bench.newest == ["flow cleared", "flow first-out over"])
  }
}
