import GatewayCore
import Telemetry
import Testing

/// Renewals under virtual time: kills at every point, a central that is away, denies, or forgets, and clocks that jump.
@Suite("Renewal of certificates")
struct RenewalSimulationTests {
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }

  /// Central as docs/identity.md has it: one current serial, one before it, one next.
  struct Central {
    var current: String
    var previous: String?
    var upcoming: (serial: String, key: Int)?
    var ends: [String: Int64]
    var isDenied = false
    var made = 1
    let life: Int64

    /// Whether a request with this serial is taken; the first one with the next makes it current.
    mutating func takes(_ serial: String, at time: Int64) -> Bool {
      guard !isDenied, let end = ends[serial], time < end else { return false }
      if serial == upcoming?.serial {
        (previous, current) = (current, serial)
        upcoming = nil
      }
      return serial == current || serial == previous
    }

    mutating func renew(key: Int, at time: Int64) -> IdentityView.Certificate {
      made += 1
      let serial = "s\(made)"
      upcoming = (serial, key)
      ends[serial] = time + life
      return .init(serial: serial, notBefore: time, notAfter: time + life)
    }
  }

  struct World {
    var generator: Generator
    var central: Central
    var view: IdentityView
    var machine = RenewalMachine()
    var seconds: Int64 = 0
    var wallError: Int64 = 0
    var isReachable = true
    var kills = 0
    var renewals = 0
    /// Kill points passed, and the one at which the process is killed for certain.
    var points = 0
    var killPoint: Int?
    static let start: Int64 = 1_800_000_000

    init(seed: UInt64, life: Int64) {
      generator = Generator(state: seed)
      central = Central(current: "s1", ends: ["s1": Self.start + life], life: life)
      let first = IdentityView.Certificate(serial: "s1", notBefore: Self.start, notAfter: Self.start + life)
      view = IdentityView(current: 1, slots: [.init(number: 1, hasKey: true, certificate: first)])
    }

    var trueTime: Int64 { Self.start + seconds }
    var now: MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

    /// True once in `n` times: the process is killed here.
    private mutating func isKilled(_ n: Int) -> Bool {
      if killPoint == points {
        points += 1
        kills += 1
        machine = RenewalMachine()
        return true
      }
      points += 1
      guard n > 0, Int.random(in: 0..<n, using: &generator) == 0 else { return false }
      kills += 1
      machine = RenewalMachine()
      return true
    }

    private func index(_ number: Int) -> Int? { view.slots.firstIndex { $0.number == number } }

    /// - Parameter kill: once in so many points; 0: never.
    mutating func turn(kill: Int) {
      guard case .perform(let step) = machine.next(view, wall: trueTime + wallError, now: now) else {
        seconds += max(1, central.life / 200)
        return
      }
      seconds += 1
      if isKilled(kill) { return }
      switch step {
      case .makeKey:
        let number = (view.slots.last?.number ?? 0) + 1
        view.slots.append(.init(number: number, hasKey: false, certificate: nil))
        if isKilled(kill) { return }
        view.slots[view.slots.count - 1].hasKey = true
      case .request(let number):
        guard isReachable, let own = view.certificate, central.takes(own.serial, at: trueTime) else {
          return fail(step, .passing("not taken", after: nil))
        }
        let certificate = central.renew(key: number, at: trueTime)
        if isKilled(kill) { return }
        if let index = index(number) { view.slots[index].certificate = certificate }
      case .tryOut(let number):
        guard isReachable, !central.isDenied else { return fail(step, .passing("away", after: .seconds(5))) }
        guard let index = index(number), let serial = view.slots[index].certificate?.serial,
          central.takes(serial, at: trueTime)
        else { return fail(step, .rejected("unknown")) }
      case .swap(let number): view.current = number
      case .confirm:
        guard isReachable, let own = view.certificate, central.takes(own.serial, at: trueTime) else {
          return fail(step, .passing("not taken", after: nil))
        }
        if own.serial == central.current { central.previous = nil }
      case .remove(let number):
        #expect(number != view.current, "the directory in use")
        if let index = index(number) { view.slots[index].certificate = nil }
        if isKilled(kill) { return }
        view.slots.removeAll { $0.number == number }
      }
      if case .swap = step { renewals += 1 }
      if isKilled(kill) { return }
      machine.succeeded(step)
    }

    private mutating func fail(_ step: RenewalMachine.Step, _ failure: RenewalMachine.Failure) {
      machine.failed(step, failure, view, now: now, jitter: Double.random(in: 0..<1, using: &generator))
    }

    /// What a gateway needs to come back: a whole directory, in use or next in turn, that central takes.
    var canConnect: Bool {
      let known = [central.current, central.previous, central.upcoming?.serial]
      return view.slots.contains { slot in
        slot.number >= view.current ?? 0 && slot.certificate.map { known.contains($0.serial) } == true
      }
    }
  }

  @Test("a kill at any point of a renewal costs nothing")
  func everyPoint() {
    for point in 0..<20 {
      var world = World(seed: 1, life: 86_400)
      world.killPoint = point
      while world.seconds < 86_000 {
        world.turn(kill: 0)
        #expect(world.canConnect, "point \(point), after \(world.seconds) s: \(world.view)")
      }
      #expect(world.view.certificate?.serial != "s1" && world.view.slots.count == 1, "point \(point): \(world.view)")
      #expect(world.central.previous == nil, "point \(point): the old one is closed")
      // A whole renewal has 13 points.
      #expect(world.kills == (point < world.points ? 1 : 0))
      if point < 13 { #expect(world.kills == 1) }
    }
  }

  @Test("whatever happens, one directory connects; and when it is over, the certificate is a new one")
  func simulation() {
    #expect((0..<300).map { simulate($0) }.reduce(0, +) > 300, "enough kills to be worth it")
  }

  /// - Returns: how often the process was killed.
  private func simulate(_ seed: UInt64) -> Int {
    let life: Int64 = [120, 600, 86_400, 2_592_000][Int(seed % 4)]
    var world = World(seed: seed &* 7_919 &+ 1, life: life)
    var lastRenewals = 0
    for round in 0..<12 {
      // Troubled for up to a tenth of a life, quiet for at least a third.
      let end = world.seconds + life / 10
      world.isReachable = Int.random(in: 0..<3, using: &world.generator) > 0
      world.central.isDenied = Int.random(in: 0..<4, using: &world.generator) == 0
      world.wallError = [0, 0, -3, 3, -world.trueTime][Int.random(in: 0..<5, using: &world.generator)]
      while world.seconds < end {
        world.turn(kill: 3)
        #expect(world.canConnect, "seed \(seed), round \(round), after \(world.seconds) s: \(world.view)")
      }
      (world.isReachable, world.central.isDenied, world.wallError) = (true, false, 0)
      let quiet = world.seconds + life / 3
      while world.seconds < quiet {
        world.turn(kill: 0)
        #expect(world.canConnect, "seed \(seed), round \(round), after \(world.seconds) s: \(world.view)")
      }
      lastRenewals = world.renewals
    }
    #expect(lastRenewals >= 4, "seed \(seed): in five lives")
    #expect(world.view.certificate.map { $0.notAfter > world.trueTime } == true, "seed \(seed): \(world.view)")
    #expect(world.view.slots.count <= 2, "seed \(seed): what is old is removed: \(world.view)")
    return world.kills
  }

  @Test("a gateway that is denied keeps asking, seldom, and is as before when it is allowed")
  func denied() {
    var world = World(seed: 3, life: 2_592_000)
    world.central.isDenied = true
    while world.seconds < 2_160_000 { world.turn(kill: 0) }
    #expect(world.machine.problem == "not taken")
    #expect(world.renewals == 0 && world.machine.retryAt != nil)
    world.central.isDenied = false
    while world.seconds < 2_160_000 + 25_000 { world.turn(kill: 0) }
    #expect(world.renewals == 1 && world.machine.problem == nil)
  }

  @Test("a certificate that central has forgotten is thrown away, and another one is asked for")
  func forgotten() {
    var world = World(seed: 5, life: 86_400)
    while world.view.slots.last?.certificate?.serial != "s2" { world.turn(kill: 0) }
    world.central.upcoming = nil
    world.central.ends["s2"] = nil
    while world.renewals == 0, world.seconds < 80_000 { world.turn(kill: 0) }
    #expect(world.view.certificate?.serial == "s3")
  }

  @Test("with another identity, what went wrong with the one before is over at once")
  func enrolledAnew() {
    var world = World(seed: 3, life: 2_592_000)
    world.central.isDenied = true
    while world.machine.problem == nil { world.turn(kill: 0) }
    let certificate = IdentityView.Certificate(
      serial: "s9", notBefore: world.trueTime, notAfter: world.trueTime + 2_592_000)
    world.view = IdentityView(current: 9, slots: [.init(number: 9, hasKey: true, certificate: certificate)])
    guard case .wait = world.machine.next(world.view, wall: world.trueTime, now: world.now) else {
      Issue.record("there is nothing to do")
      return
    }
    let report = world.machine.report(world.view, wall: world.trueTime)
    #expect(report.state == .valid && report.problem == nil && report.retryAt == nil)
  }

  @Test("delays grow to six hours and no further, and gateways enrolled together do not come together")
  func times() {
    let view = World(seed: 1, life: 2_592_000).view
    var machine = RenewalMachine()
    var now = MonotonicTime.zero
    var delays: [Duration] = []
    for _ in 0..<14 {
      machine.failed(.makeKey, .passing("x", after: nil), view, now: now, jitter: 0.999_999)
      delays.append((machine.retryAt ?? now) - now)
      now = machine.retryAt ?? now
    }
    #expect(delays.first.map { $0 > .seconds(59) && $0 <= .seconds(60) } == true)
    #expect(delays == delays.sorted())
    #expect(delays.last.map { $0 > .seconds(21_000) && $0 <= .seconds(21_600) } == true)
    let renewals = (0..<100).map {
      IdentityView.Certificate(serial: "\($0)abcdef", notBefore: 0, notAfter: 2_592_000).renewal
    }
    #expect(renewals.allSatisfy { (1_728_000..<1_987_200).contains($0) })
    #expect(Set(renewals.map { $0 / 20_000 }).count > 8)
  }

  @Test("what is shown follows clock and disk")
  func reports() {
    let view = World(seed: 1, life: 86_400).view
    let machine = RenewalMachine()
    let start = World.start
    for (wall, state) in [
      (start + 10, RenewalReport.State.valid), (start + 80_000, .renewing), (start + 86_400, .expired),
      (100, .clockNotSet),
    ] {
      #expect(machine.report(view, wall: wall).state == state)
    }
    #expect(machine.report(IdentityView(current: nil, slots: []), wall: start).state == .notEnrolled)
    var fresh = RenewalMachine()
    #expect(fresh.next(view, wall: 100, now: .zero) == .wait(until: .zero + RenewalMachine.lookInterval))
    #expect(fresh.next(view, wall: start + 80_000, now: .zero) == .perform(.makeKey))
  }
}
