import AlarmStates
import Telemetry
import Testing

@Suite("Alarms over restarts")
struct SavingTests {
  @Test("After a restart in the same boot, shelving ends when it would have ended")
  func sameBoot() {
    var bench = BookBench()
    bench.rule("hot", .raised)
    bench.person("hot", .shelve(.seconds(100)))
    bench.seconds += 60
    bench.restart(BookBench.usual)
    bench.pass(39)
    #expect(bench.state("hot") == .shelved)
    bench.pass(1)
    #expect(bench.newest == ["hot unshelved"] && bench.state("hot") == .unacknowledged)
  }

  @Test("After another boot, what was left of shelving when it was saved is left, whatever the clocks say")
  func otherBoot() throws {
    var bench = BookBench()
    bench.person("hot", .shelve(.seconds(100)))
    bench.pass(60)
    var saved = try #require(bench.book.saved("hot", now: bench.now))
    #expect(saved.shelfRemaining == .seconds(40))
    saved.isOfThisBoot = false
    var book = AlarmBook(
      definitions: BookBench.usual, saved: [saved], now: MonotonicTime(nanoseconds: 5_000_000_000))
    #expect(book.deadline == MonotonicTime(nanoseconds: 45_000_000_000))
    let early = book.expire(now: MonotonicTime(nanoseconds: 44_000_000_000), time: bench.wall)
    #expect(early.news.isEmpty && book["hot"]?.standing.state == .shelved)
    let late = book.expire(now: MonotonicTime(nanoseconds: 45_000_000_000), time: Timestamp(milliseconds: 3))
    #expect(late.events.map(\.transition) == [.unshelved])
  }

  @Test("A flood does not outlive the boot in which it was")
  func floodOverBoots() {
    let many = (1...12).map {
      AlarmDefinition(name: "a\($0)", tag: "boiler/t", device: "boiler", severity: .medium)
    }
    var bench = BookBench(many)
    for number in 1...12 { bench.rule("a\(number)", .raised) }
    bench.restart(many)
    bench.pass(1)
    #expect(bench.state("boiler.alarm_flood") == .unacknowledged)
    bench.restart(many, isSameBoot: false)
    bench.pass(1)
    #expect(bench.newest == ["boiler.alarm_flood cleared"] && bench.presented.contains("a12"))
  }

  @Test(
    "A book follows an earlier one some of whose events are gone: alarms, what is suppressed, and floods that then end")
  func follows() {
    let many = (1...12).map {
      AlarmDefinition(name: "a\($0)", tag: "boiler/t", device: "boiler", severity: .medium)
    }
    var early = BookBench(many)
    for number in 1...12 { early.rule("a\(number)", .raised) }
    early.rule("a1", .suppressed)
    early.rule("a2", .cleared)
    // What was saved knew another alarm, and of the flood nothing.
    var late = BookBench(many)
    late.rule("a2", .raised)
    let flood = "boiler.alarm_flood"
    for name in (1...12).map({ "a\($0)" }) + [flood, "nobody"] {
      _ = late.book.follow(name, of: early.book, time: late.wall, now: late.now)
    }
    #expect(late.book.active == early.book.active && late.book.active.contains(flood))
    #expect(late.book["a1"]?.standing.isSuppressed == true && late.state("a2") == .returned)
    late.pass(60)
    #expect(late.newest == ["boiler.alarm_flood cleared"])
    // And the other way: a flood that was saved and is over.
    var over = BookBench(many)
    for number in 1...12 { over.rule("a\(number)", .raised) }
    let outcome = over.book.follow(flood, of: late.book, time: over.wall, now: over.now)
    #expect(outcome.events.map(\.transition) == [.cleared] && !over.book.active.contains(flood))
    over.pass(60)
    #expect(over.newest.isEmpty)
  }

  @Test("The alarm of a rule that left the configuration ends in every respect, and its record goes")
  func removed() {
    var bench = BookBench()
    bench.rule("hot", .raised)
    bench.rule("hot", .suppressed)
    bench.person("hot", .shelve(nil))
    _ = bench.book.takeChanges()
    let outcome = bench.book.redefine([BookBench.usual[1]], now: bench.now, time: bench.wall)
    #expect(outcome.events.map(\.transition) == [.unshelved, .unsuppressed, .cleared])
    #expect(outcome.events.last?.message == "the rule was removed from the configuration")
    #expect(bench.book["hot"] == nil && bench.book.takeChanges().contains("hot"))
    #expect(bench.book.deadline == .never)
  }

  @Test("Whoever added up the events of an alarm whose rule is gone has nothing left of it, marks of people neither")
  func removedPicture() {
    var bench = BookBench()
    bench.rule("hot", .raised)
    bench.rule("hot", .cleared)
    bench.person("hot", .acknowledge, comment: "seen")
    bench.person("hot", .comment, comment: "look here")
    var standing = bench.book["hot"]?.standing ?? AlarmStanding()
    #expect(standing.underlying == .normal && standing.acknowledgement != nil && standing.comment != nil)
    var told = AlarmStanding()
    for event in bench.book.restatement(time: bench.wall) where event.alarm == "hot" { told.apply(event) }
    #expect(told.acknowledgement?.who == standing.acknowledgement?.who && told.comment?.text == "look here")
    for event in bench.book.redefine([BookBench.usual[1]], now: bench.now, time: bench.wall).events {
      standing.apply(event)
    }
    #expect(standing.state == .normal && standing.acknowledgement == nil && standing.comment == nil)
  }

  @Test("Who knows what is not so any more learns the state, also of an alarm that is not defined any more")
  func undoing() {
    var bench = BookBench(BookBench.usual)
    bench.rule("hot", .raised)
    let wrong: [AlarmEvent.Transition] = [.raised, .acknowledged, .shelved, .suppressed, .firstOut, .commented]
    for name in ["hot", "low_flow", "gone"] {
      for count in 0...wrong.count {
        var known = AlarmStanding()
        for transition in wrong[..<count] {
          known.apply(
            AlarmEvent(
              time: bench.wall, alarm: name, tag: "", transition: transition, severity: .low, value: nil, message: "old"
            ))
        }
        for event in bench.book.restatement(time: bench.wall, undoing: [name]) where event.alarm == name {
          known.apply(event)
        }
        let own = bench.book[name]?.standing ?? AlarmStanding()
        #expect(known.state == own.state && known.isActive == own.isActive && known.comment == own.comment)
        #expect(known.shelf == own.shelf && !known.isSuppressed && !known.isFirstOut)
      }
    }
  }

  @Test("Who knows nothing learns every state from a restatement")
  func restatement() {
    var bench = BookBench(
      BookBench.usual
        + ["x", "y", "z"].map {
          AlarmDefinition(name: $0, tag: "tank/\($0)", device: "tank", severity: .low, group: "tank")
        })
    bench.rule("hot", .raised)
    bench.person("hot", .acknowledge, comment: "seen")
    bench.rule("low_flow", .raised)
    bench.person("low_flow", .shelve(nil))
    bench.rule("x", .raised)
    bench.rule("x", .cleared)
    bench.rule("y", .suppressed)
    var told: [String: AlarmStanding] = [:]
    for event in bench.book.restatement(time: bench.wall) {
      told[event.alarm, default: AlarmStanding()].apply(event)
      #expect(event.message.utf8.count <= 512)
    }
    #expect(Set(told.keys) == ["hot", "low_flow", "x", "y", "z"])
    for (name, standing) in told {
      let own = bench.book[name]?.standing ?? AlarmStanding()
      #expect(standing.state == own.state && standing.underlying == own.underlying, "\(name)")
      #expect(standing.isFirstOut == own.isFirstOut && standing.shelf?.until == own.shelf?.until, "\(name)")
      #expect(standing.acknowledgement?.who == own.acknowledgement?.who, "\(name)")
      #expect(standing.comment?.text == own.comment?.text, "\(name)")
    }
  }

  @Test("Times of the boot clock are put in their places once the wall clock is known")
  func bootTimes() throws {
    var book = AlarmBook(definitions: BookBench.usual, now: .zero)
    let boot = Timestamp(milliseconds: 90_000)
    let event = AlarmEvent(
      time: boot, alarm: "hot", tag: "boiler/temp", transition: .raised, severity: .high, value: 1, message: "")
    _ = book.take(event, now: .zero)
    _ = try book.perform(
      AlarmCommand(alarm: "hot", action: .shelve(.seconds(60)), who: "anna"), now: .zero, time: boot)
    let offset = Duration.milliseconds(1_790_000_000_000)
    book.place(offset) { $0.milliseconds < 1_000_000_000_000 }
    let standing = try #require(book["hot"]?.standing)
    #expect(standing.raisedAt == boot + offset && book["hot"]?.since == boot + offset)
    #expect(standing.shelf?.until == boot + .seconds(60) + offset && standing.shelf?.by.time == boot + offset)
    book.place(offset) { $0.milliseconds < 1_000_000_000_000 }
    #expect(book["hot"]?.standing == standing)
  }
}
