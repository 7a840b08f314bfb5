public import Telemetry

/// Turns commands into writes on the buses, and what comes of these into replies (`docs/commands.md`).
///
/// Each value is sent once or not at all: a job is submitted once, and the bus never begins one after its deadline. The
/// values of a command are written one behind the other, and the first that is not done ends it.
public struct CommandMachine: Sendable {
  struct Pending: Sendable {
    var command: WriteCommand
    var ticket: Int
    var bus: Int
    var tags: [CommandTag]
    var steps: ArraySlice<WritePlan.Step>
    var values: [TagOutcome?]
    var deadline: MonotonicTime
  }

  public private(set) var devices: [CommandDevice]
  private var memory = CommandMemory()
  private var buckets: [String: TokenBucket] = [:]
  /// By the number of the job that is with the bus.
  private var pending: [Int: Pending] = [:]
  /// Outcomes of commands since the start.
  public private(set) var outcomes: [CommandOutcome: Int] = [:]

  public init(devices: [CommandDevice]) {
    self.devices = devices
  }

  /// Another configuration: what is under way goes on as it was checked.
  public mutating func reconfigure(devices: [CommandDevice]) {
    self.devices = devices
  }

  /// Commands that are with a bus.
  public var pendingCount: Int { pending.count }

  /// When ``expire(now:)`` has something to do.
  public var deadline: MonotonicTime {
    pending.values.reduce(.never) { min($0, $1.deadline + CommandLimits.silence) }
  }

  /// - Parameters:
  ///   - ticket: comes back in the reply.
  ///   - number: of the job, should there be one: never the same again.
  ///   - exponents: powers of ten of the command's device that are known to be good now, by their tags.
  public mutating func receive(
    _ command: WriteCommand, ticket: Int, number: Int, exponents: [String: Int64] = [:], now: MonotonicTime,
    wall: Timestamp, isClockTrusted: Bool
  ) -> [CommandEffect] {
    if command.isRetained {
      return refuse(
        command, ticket,
        CommandProblem(.retained, "retained messages may be old and are never commands; send it unretained"))
    }
    let key = command.id.map { CommandMemory.Key(device: command.device, id: $0) }
    if let key, let known = memory[key] { return [answerAgain(known, command, key, ticket)].compactMap { $0 } }
    do throws(CommandProblem) {
      let (device, plan) = try CommandChecks.plan(command, devices: devices, exponents: exponents)
      guard
        let deadline = try CommandChecks.deadline(command, now: now, wall: wall, isClockTrusted: isClockTrusted)
      else {
        var whole = reply(command, ticket, .expired, nil, "its time was over when it came")
        whole.asked = command.items
        return finish(whole, key, command.items)
      }
      guard pending.count < CommandLimits.maximumPending else {
        throw CommandProblem(.tooMany, "\(pending.count) commands are under way; send them more slowly")
      }
      try takeTokens(command, now: now)
      let tags = command.items.compactMap { item in device.tags.first { $0.name == item.tag } }
      pending[number] = Pending(
        command: command, ticket: ticket, bus: device.bus, tags: tags, steps: plan.steps[...],
        values: Array(repeating: nil, count: tags.count), deadline: deadline)
      if let key { memory[key] = .underWay(items: command.items, tickets: []) }
      return [.submit(BusJob(number: number, work: .write(plan.steps[0].request), deadline: deadline), bus: device.bus)]
    } catch {
      return refuse(command, ticket, error)
    }
  }

  /// A job is over.
  ///
  /// - Parameter number: of the next job, should there be one: never the same again.
  public mutating func finished(_ result: BusJobResult, number: Int, now: MonotonicTime) -> [CommandEffect] {
    guard var state = pending.removeValue(forKey: result.number), let step = state.steps.popFirst() else { return [] }
    let verdict = WriteVerdict(result.outcome, step.request)
    for part in step.parts { state.values[part.item] = outcome(part, of: state, step, verdict, result.outcome) }
    if verdict.outcome == .done, let next = state.steps.first {
      let job = BusJob(number: number, work: .write(next.request), deadline: state.deadline)
      pending[number] = state
      return [.submit(job, bus: state.bus)]
    }
    return close(state)
  }

  /// Gives up what no bus answers for any more.
  public mutating func expire(now: MonotonicTime) -> [CommandEffect] {
    let lost = pending.filter { $0.value.deadline + CommandLimits.silence <= now }.keys.sorted()
    return lost.flatMap { number -> [CommandEffect] in
      guard var state = pending.removeValue(forKey: number), let step = state.steps.popFirst() else { return [] }
      let verdict = WriteVerdict(.unknown, nil, "the bus never said what became of it")
      for part in step.parts { state.values[part.item] = outcome(part, of: state, step, verdict, .queueFull) }
      return close(state)
    }
  }

  private mutating func close(_ state: Pending) -> [CommandEffect] {
    var values: [TagOutcome] = []
    for (index, value) in state.values.enumerated() {
      let item = state.command.items[index]
      values.append(
        value
          ?? TagOutcome(
            tag: item.tag, unit: state.tags[index].unit, asked: item.value, outcome: .refused, refusal: .stopped,
            message: "not written, because a value before it was not done"))
    }
    let worst = values.max { $0.outcome < $1.outcome }
    var whole = reply(
      state.command, state.ticket, worst?.outcome ?? .unknown, worst?.refusal, worst?.message ?? "nothing is known")
    // What stopped the command says more than that the others were stopped.
    if let cause = values.first(where: { $0.outcome == worst?.outcome && $0.refusal != .stopped }) {
      whole.refusal = cause.refusal
      whole.message = cause.message
    }
    whole.values = values
    let key = state.command.id.map { CommandMemory.Key(device: state.command.device, id: $0) }
    let records = values.map {
      CommandEffect.record(
        CommandRecord(device: state.command.device, source: state.command.source, id: state.command.id, value: $0))
    }
    return records + finish(whole, key, state.command.items)
  }

  private mutating func finish(
    _ reply: CommandReply, _ key: CommandMemory.Key?, _ items: [WriteCommand.Item]
  ) -> [CommandEffect] {
    outcomes[reply.outcome, default: 0] += 1
    var effects = [CommandEffect.reply(reply)]
    guard let key else { return effects }
    if case .underWay(_, let tickets) = memory[key] {
      for ticket in tickets { effects.append(.reply(Self.again(reply, ticket))) }
    }
    memory[key] = .over(items: items, reply)
    return effects
  }

  private mutating func answerAgain(
    _ known: CommandMemory.Known, _ command: WriteCommand, _ key: CommandMemory.Key, _ ticket: Int
  ) -> CommandEffect? {
    guard known.items == command.items else {
      outcomes[.refused, default: 0] += 1
      var whole = reply(
        command, ticket, .refused, .badCommand, "its id has been used for another command; choose a new one")
      whole.asked = command.items
      return .reply(whole)
    }
    switch known {
    case .over(_, let reply): return .reply(Self.again(reply, ticket))
    case .underWay(let items, let tickets):
      // A sender that repeats itself without end gets its answers to the first few.
      guard tickets.count < CommandLimits.maximumItems else { return nil }
      memory[key] = .underWay(items: items, tickets: tickets + [ticket])
      return nil
    }
  }

  private static func again(_ reply: CommandReply, _ ticket: Int) -> CommandReply {
    var reply = reply
    reply.ticket = ticket
    reply.isDuplicate = true
    return reply
  }

  private mutating func refuse(_ command: WriteCommand, _ ticket: Int, _ problem: CommandProblem) -> [CommandEffect] {
    // Not remembered: the same id may come again when its sender has put right what was wrong.
    outcomes[.refused, default: 0] += 1
    var whole = reply(command, ticket, .refused, problem.refusal, problem.message)
    whole.asked = command.items
    return [.reply(whole)]
  }

  private func reply(
    _ command: WriteCommand, _ ticket: Int, _ outcome: CommandOutcome, _ refusal: CommandRefusal?, _ message: String
  ) -> CommandReply {
    CommandReply(
      ticket: ticket, id: command.id, device: command.device, outcome: outcome, refusal: refusal, message: message,
      values: [])
  }

  private mutating func takeTokens(_ command: WriteCommand, now: MonotonicTime) throws(CommandProblem) {
    for item in command.items {
      let name = "\(command.device)/\(item.tag)"
      let fresh = TokenBucket(perSecond: CommandLimits.perSecond, burst: CommandLimits.burst)
      guard buckets[name, default: fresh].take(now: now) else {
        throw CommandProblem(
          .tooFast,
          "\(name) is written more often than \(CommandLimits.perSecond) time a second, which wears out memories")
      }
    }
  }

  private func outcome(
    _ part: (item: Int, offset: Int, count: Int), of state: Pending, _ step: WritePlan.Step, _ verdict: WriteVerdict,
    _ result: BusJobResult.Outcome
  ) -> TagOutcome {
    let (tag, item) = (state.tags[part.item], state.command.items[part.item])
    func shown(_ entries: [UInt16]?) -> CommandValue? {
      guard let entries, entries.count >= part.offset + part.count else { return nil }
      return tag.shown(entries[part.offset..<part.offset + part.count], asked: item.value)
    }
    var outcome = TagOutcome(
      tag: item.tag, unit: tag.unit, asked: item.value, outcome: verdict.outcome, refusal: verdict.refusal,
      isVerified: verdict.isVerified, message: verdict.message)
    if case .write(let trace) = result {
      outcome.old = shown(trace.old)
      outcome.value = shown(trace.new)
      // Of several values in one request, those that are there are done.
      if verdict.outcome == .mismatch, let new = trace.new, case .multiple(let wanted) = step.request.content,
        new.count == wanted.count,
        new[part.offset..<part.offset + part.count] == wanted[part.offset..<part.offset + part.count]
      {
        outcome.outcome = .done
        outcome.message = "read back"
      }
    }
    return outcome
  }
}
