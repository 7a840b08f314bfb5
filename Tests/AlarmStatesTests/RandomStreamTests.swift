import AlarmStates
import Telemetry
import Testing

/// Random streams of events and commands. A failure names its seed, which is the argument of its test.
@Suite("Random streams of alarms")
struct RandomStreamTests {
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }

  private static let definitions = (0..<8).map {
    AlarmDefinition(
      name: "a\($0)", tag: "boiler/t\($0)", device: $0 < 6 ? "boiler" : "pump",
      severity: $0 == 5 ? .critical : .medium, group: $0 % 3 == 0 ? "g" : nil, needsAcknowledge: $0 % 4 != 1)
  }

  private enum Step {
    case rule(AlarmEvent.Transition)
    case person(AlarmCommand.Action)
    case pass(Int64)
  }

  private static func step(_ random: inout Generator) -> Step {
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<6: .rule(.raised)
    case 6..<10: .rule(.cleared)
    case 10: .rule(.raisedAgain)
    case 11: .rule(.suppressed)
    case 12, 13: .rule(.unsuppressed)
    case 14, 15: .person(.acknowledge)
    case 16: .person(.shelve(.seconds(Int64.random(in: 1...90, using: &random))))
    case 17: .person(.unshelve)
    default: .pass(Int64.random(in: 1...(Bool.random(using: &random) ? 8 : 120), using: &random))
    }
  }

  private static func perform(_ step: Step, _ name: String, _ bench: inout BookBench) {
    switch step {
    case .rule(let transition): bench.rule(name, transition)
    case .person(let action): bench.person(name, action)
    case .pass(let seconds): bench.pass(seconds)
    }
  }

  @Test("The book says what a slow and obvious one says", arguments: 1...60 as ClosedRange<UInt64>)
  func reference(seed: UInt64) {
    var random = Generator(state: seed)
    var bench = BookBench(Self.definitions)
    var slow = SlowBook(Self.definitions)
    for number in 0..<400 {
      let name = "a\(Int.random(in: 0..<8, using: &random))"
      let step = Self.step(&random)
      Self.perform(step, name, &bench)
      switch step {
      case .rule(let transition): slow.rule(name, transition, bench.seconds)
      case .person(let action): slow.person(name, action, bench.seconds)
      case .pass: slow.pass(to: bench.seconds)
      }
      let told = bench.news.map { "\($0.event.alarm) \($0.event.transition.name)\($0.isAnnunciated ? "" : " !")" }
      #expect(told == slow.told, "seed \(seed), step \(number): \(step) of \(name)")
      for (name, alarm) in slow.alarms {
        let count = bench.book.chattering(name, now: bench.now)?.count
        let isSame =
          bench.state(name) == alarm.state && bench.book[name]?.standing.isFirstOut ?? false == alarm.first
          && count == slow.chattering(name, bench.seconds)
        #expect(isSame, "seed \(seed), step \(number), \(name): \(bench.state(name)), \(alarm.state)")
      }
      guard told == slow.told else { return }
    }
  }

  @Test("Saving and restoring at every point of a stream changes nothing", arguments: 1...20 as ClosedRange<UInt64>)
  func restarts(seed: UInt64) {
    var random = Generator(state: seed &+ 1_000)
    var steady = BookBench(Self.definitions)
    var restarted = steady
    for number in 0..<300 {
      let name = "a\(Int.random(in: 0..<8, using: &random))"
      let step = Self.step(&random)
      Self.perform(step, name, &steady)
      Self.perform(step, name, &restarted)
      restarted.restart(Self.definitions)
      let isSame =
        steady.news == restarted.news && steady.presented == restarted.presented
        && Set(steady.book.all) == Set(restarted.book.all) && steady.book.deadline == restarted.book.deadline
      #expect(isSame, "seed \(seed), step \(number): \(step) of \(name)")
      guard isSame else { return }
    }
  }

  @Test("What central adds up from the events is what the book holds", arguments: 1...20 as ClosedRange<UInt64>)
  func picture(seed: UInt64) {
    var random = Generator(state: seed &+ 2_000)
    var bench = BookBench(Self.definitions)
    for _ in 0..<300 {
      let name = "a\(Int.random(in: 0..<8, using: &random))"
      Self.perform(Self.step(&random), name, &bench)
    }
    var told: [String: AlarmStanding] = [:]
    for event in bench.news.map(\.event) { told[event.alarm, default: AlarmStanding()].apply(event) }
    for record in bench.book.all where !bench.book.isFlood(record.name) {
      #expect(told[record.name] == record.standing, "seed \(seed), \(record.name)")
    }
  }
}
