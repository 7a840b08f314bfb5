import GatewayCore
import Telemetry
import Testing

/// Commands, poller and a bus that loses what it can, under virtual time.
@Suite("Commands, simulated")
struct CommandSimulationTests {
  /// One register of one device behind a bus in trouble.
  struct Bus {
    var generator: PollingTestGenerator
    var register: UInt16 = 0
    var isDead = false
    /// What was carried out, and when.
    var landings: [(value: UInt16, time: MonotonicTime)] = []
    let timeout = Duration.milliseconds(500)

    mutating func open(_ now: inout MonotonicTime) -> Result<Void, FieldBusError> {
      now = now + .milliseconds(Int.random(in: 0...200, using: &generator))
      return generator.chance(3) ? .failure(FieldBusError(.busDown, "unplugged")) : .success(())
    }

    mutating func read(_ now: inout MonotonicTime) -> Result<[UInt16], FieldBusError> {
      if generator.chance(60) { isDead.toggle() }
      if generator.chance(40) { return .failure(FieldBusError(.busDown, "lost")) }
      if isDead || generator.chance(20) {
        now = now + timeout
        return .failure(FieldBusError(.timeout, "silent"))
      }
      now = now + .milliseconds(Int.random(in: 1...300, using: &generator))
      if generator.chance(30) { return .failure(FieldBusError(.exception(2), "no such register")) }
      return .success([register])
    }

    mutating func write(_ request: WriteRequest, notAfter end: MonotonicTime, _ now: inout MonotonicTime) -> WriteResult
    {
      // Connecting, fences: the time may be over before it could leave.
      now = now + .milliseconds(Int.random(in: 0...400, using: &generator))
      if generator.chance(20) { return .notSent(FieldBusError(.busDown, "cannot connect")) }
      guard now < end else { return .expired }
      if generator.chance(15) { return .refused(FieldBusError(.exception(3), "illegal data value")) }
      let arrives = !isDead && !generator.chance(5)
      if arrives, case .single(let value) = request.content {
        register = value
        landings.append((value, now))
      }
      if arrives && !generator.chance(4) { return .acknowledged }
      now = now + timeout
      return .unknown(FieldBusError(generator.chance(2) ? .timeout : .busDown, "no reply"))
    }
  }

  struct Sent {
    var value: UInt16
    var deadline: MonotonicTime
    var outcomes: [CommandOutcome] = []
  }

  @Test("An old command never lands, no id lands twice, and replies tell the truth", arguments: 1...200)
  func simulation(_ seed: Int) {
    var generator = PollingTestGenerator(seed: UInt64(seed))
    var bus = Bus(generator: PollingTestGenerator(seed: UInt64(seed) &+ 7_700))
    var now = MonotonicTime(nanoseconds: 1_000_000_000)
    let point = RegisterPoint(table: .holdingRegister, address: 20, type: .uint16)
    var poller = BusPoller(
      devices: [PolledDevice(device: 0, unit: 9, scanInterval: .milliseconds(700), points: [point])],
      seed: UInt64(seed), now: now)
    var machine = CommandMachine(devices: [
      CommandDevice(
        name: "boiler", bus: 0, unit: 9, functions: .usual,
        tags: [CommandFixture.tag("mode", .holdingRegister, 20, .uint16)])
    ])
    var sent: [String: Sent] = [:]
    var number = 0
    var nextCommand = now
    var scans = 0
    let end = now + .seconds(300)

    func take(_ effects: [CommandEffect]) {
      for effect in effects {
        switch effect {
        case .submit(let job, _): poller.submit(job)
        case .reply(let reply): sent[reply.id ?? ""]?.outcomes.append(reply.outcome)
        case .record: break
        }
      }
    }

    while now < end {
      if nextCommand <= now {
        nextCommand = now + .milliseconds(Int.random(in: 300...3_000, using: &generator))
        number += 1
        // Now and then one that was sent already.
        let isRepeated = generator.chance(4) && number > 3
        let value = isRepeated ? Int.random(in: 1..<number, using: &generator) : number
        var command = CommandFixture.command([("mode", .number(Double(value)))], id: "c\(value)")
        command.timeToLive = .milliseconds(Int.random(in: 100...5_000, using: &generator))
        if sent["c\(value)"] == nil {
          sent["c\(value)"] = Sent(value: UInt16(value), deadline: now + (command.timeToLive ?? .zero))
        }
        number += 1
        take(
          machine.receive(
            command, ticket: 0, number: number, now: now, wall: CommandFixture.wall, isClockTrusted: true))
      }
      switch poller.next(now: now, wall: CommandFixture.wall) {
      case .open:
        let result = bus.open(&now)
        poller.opened(result, now: now)
      case .read:
        let result = bus.read(&now)
        poller.answered(result, now: now)
      case .jobRead:
        let result = bus.read(&now)
        poller.jobAnswered(result, now: now)
      case .write(let request, let notAfter):
        let result = bus.write(request, notAfter: notAfter, &now)
        poller.wrote(result, now: now)
      case .ask: Issue.record("nobody asked for a probe")
      case .report(let result):
        number += 1
        take(machine.finished(result, number: number, now: now))
      case .deliver: scans += 1
      case .wait(let until): now = max(now + .microseconds(1), min(until, nextCommand, end))
      }
    }

    #expect(scans > 100)
    for landing in bus.landings {
      let command = sent["c\(landing.value)"]
      #expect(landing.time < command?.deadline ?? .zero, "seed \(seed): c\(landing.value) landed after its time")
    }
    #expect(Set(bus.landings.map(\.value)).count == bus.landings.count, "seed \(seed): one id landed twice")
    let landed = Set(bus.landings.map(\.value))
    for (id, command) in sent {
      #expect(Set(command.outcomes).count <= 1, "seed \(seed): \(id) has several outcomes")
      switch command.outcomes.first {
      case .done?: #expect(landed.contains(command.value), "seed \(seed): \(id) is said to be done")
      case .refused?, .expired?: #expect(!landed.contains(command.value), "seed \(seed): \(id) is said not to be done")
      case .mismatch?, .unknown?, nil: break
      }
    }
    #expect(sent.values.contains { $0.outcomes.first == .done }, "seed \(seed): nothing was done")
  }
}
