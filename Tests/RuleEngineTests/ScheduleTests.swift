import RuleEngine
import Telemetry
import Testing

@Suite("Schedules of rules")
struct ScheduleTests {
  private static func minute(_ day: Int, _ hour: Int, _ minute: Int = 0) -> Int { day * 1_440 + hour * 60 + minute }

  @Test(
    "A part of the week is in force from its first minute to the one before its end",
    arguments: [
      // Mondays to Fridays, 6 to 22.
      (Schedule.Part(days: Set(0...4), from: 360, to: 1_320), minute(0, 5, 59), false),
      (Schedule.Part(days: Set(0...4), from: 360, to: 1_320), minute(0, 6), true),
      (Schedule.Part(days: Set(0...4), from: 360, to: 1_320), minute(4, 21, 59), true),
      (Schedule.Part(days: Set(0...4), from: 360, to: 1_320), minute(4, 22), false),
      (Schedule.Part(days: Set(0...4), from: 360, to: 1_320), minute(5, 12), false),
      // The night from Sunday to Monday.
      (Schedule.Part(days: [6], from: 1_320, to: 360), minute(6, 21, 59), false),
      (Schedule.Part(days: [6], from: 1_320, to: 360), minute(6, 22), true),
      (Schedule.Part(days: [6], from: 1_320, to: 360), minute(0, 5, 59), true),
      (Schedule.Part(days: [6], from: 1_320, to: 360), minute(0, 6), false),
      (Schedule.Part(days: [6], from: 1_320, to: 360), minute(6, 3), false),
      // A whole day.
      (Schedule.Part(days: [2]), minute(2, 0), true), (Schedule.Part(days: [2]), minute(2, 23, 59), true),
      (Schedule.Part(days: [2]), minute(3, 0), false),
    ])
  func parts(part: Schedule.Part, minute: Int, isInForce: Bool) {
    #expect(Schedule([part]).isInForce(at: minute) == isInForce)
  }

  @Test("Outside its schedule an alarm is not raised, and an active one clears")
  func outside() {
    let rule = AlarmRule(
      name: "x", condition: RuleBench.above(85), schedule: Schedule([.init(days: [0], from: 0, to: 60)]))
    var bench = RuleBench([rule])
    bench.run([.init(0, 90)], minuteOfWeek: 60)
    #expect(bench.log == ["0 suppressed x"] && bench.engine.statuses[0].monitor.isSuppressed)
    bench.run([.init(1, 90)], minuteOfWeek: 59)
    bench.run([.init(2, 90)], minuteOfWeek: 60)
    #expect(bench.log.dropFirst() == ["1 unsuppressed x", "1 raised x", "2 cleared x", "2 suppressed x"])
    #expect(bench.messages.last == "suppressed by design: outside its schedule")
  }

  @Test("While nobody knows what time it is, the schedule counts as in force")
  func unknown() {
    var bench = RuleBench([
      AlarmRule(name: "x", condition: RuleBench.above(85), schedule: Schedule([.init(days: [0], from: 0, to: 60)]))
    ])
    bench.run([.init(0, 90)], minuteOfWeek: nil)
    #expect(bench.log == ["0 raised x"])
  }
}
