public import Telemetry

/// Commands and probes between the polls (`docs/commands.md`).
extension BusPoller {
  /// Takes a job; its result comes as ``Action/report(_:)``.
  public mutating func submit(_ job: BusJob) {
    jobs.add(job)
  }

  /// Gives up all jobs, because nobody drives the bus any more.
  public mutating func endJobs() -> [BusJobResult] {
    jobs.end(FieldBusError(.busDown, "the bus was stopped or changed before it came to this"))
  }

  /// What a job wants now; nil when polling may go on.
  mutating func nextJobAction(now: MonotonicTime) -> Action? {
    guard !jobs.isEmpty else { return nil }
    if case .closed(let retryAt) = link {
      jobs.expire(now: now, reachable: retryAt, fault: linkFault)
    } else {
      jobs.expire(now: now, reachable: now, fault: nil)
    }
    if let result = jobs.takeResult() { return .report(result) }
    guard link == .open else { return nil }
    jobs.begin()
    return jobAction(now: now)
  }

  /// Lets a probe pass when nothing comes due while it may last.
  mutating func nextProbeAction(now: MonotonicTime) -> Action? {
    guard link == .open, scan == nil else { return nil }
    guard !jobs.probes.isEmpty else { return jobAction(now: now) }
    let costs = devices.first?.rules.costs ?? .network
    let turnRound = devices.reduce(.zero) { max($0, $1.pacing.turnRound) }
    jobs.beginProbe(gap: schedule.nextDue - now) { [owing] request, timeout in
      costs.longest(request, timeout: timeout, turnRound: turnRound, owesReply: owing.contains(request.unit))
    }
    return jobAction(now: now)
  }

  private mutating func jobAction(now: MonotonicTime) -> Action? {
    guard let current = jobs.current else { return nil }
    switch (current.job.work, current.step) {
    case (.write(let request), .readOld): return handOut(.jobRead(request.readBack), now: now)
    case (.write(let request), .write): return handOut(.write(request, notAfter: current.job.deadline), now: now)
    case (.write(let request), .readBack(_, let notBefore, _)):
      return notBefore <= now ? handOut(.jobRead(request.readBack), now: now) : nil
    case (.read(let request), _): return handOut(.jobRead(request), now: now)
    case (.probe(let request, let timeout), _): return handOut(.ask(request, timeout: timeout), now: now)
    case (.write, .ask): return nil
    }
  }

  /// Reports the result of ``Action/jobRead(_:)``; ignored when none was asked for.
  public mutating func jobAnswered(_ result: Result<[UInt16], FieldBusError>, now: MonotonicTime) {
    guard case .jobRead(let request) = awaited else { return }
    _ = takeBusyTime(now: now)
    var result = result
    if case .success(let entries) = result, entries.count != request.count {
      result = .failure(FieldBusError(.malformedReply, "unit \(request.unit) sent another number of entries"))
    }
    noteLink(result, now: now)
    noteOwing(request.unit, after: result)
    switch jobs.current?.step {
    case .readOld: readOld(result, now: now)
    case .readBack: readBack(result, now: now)
    case .ask:
      switch result {
      case .success(let entries): jobs.finish(.read(entries))
      case .failure(let error): jobs.finish(.failed(error))
      }
    case .write, nil: break
    }
  }

  /// Reports the result of ``Action/write(_:notAfter:)``; ignored when none was asked for.
  public mutating func wrote(_ result: WriteResult, now: MonotonicTime) {
    guard case .write(let request, _) = awaited else { return }
    _ = takeBusyTime(now: now)
    switch result {
    case .acknowledged, .refused: owing.remove(request.unit)
    case .unknown: owing.insert(request.unit)
    case .notSent(let error): noteOwing(request.unit, after: .failure(error))
    case .expired: break
    }
    jobs.current?.trace?.result = result
    switch result {
    case .acknowledged:
      backoff.succeeded()
      expectReadBack(attempt: 1, notBefore: now, end: now + BusJobs.readBackLimit)
    case .unknown(let error):
      noteLink(.failure(error), now: now)
      expectReadBack(attempt: 1, notBefore: now, end: now + BusJobs.readBackLimit)
    case .notSent(let error):
      noteLink(.failure(error), now: now)
      finishWrite()
    case .refused, .expired: finishWrite()
    }
  }

  /// Reports the result of ``Action/ask(_:timeout:)``; ignored when none was asked for.
  public mutating func replied(_ result: Result<[UInt8], FieldBusError>, now: MonotonicTime) {
    guard case .ask(let request, _) = awaited else { return }
    _ = takeBusyTime(now: now)
    switch result {
    case .success(let bytes):
      if ReadRequest(request) != nil { owing.remove(request.unit) }
      jobs.finish(.reply(bytes))
    case .failure(let error):
      noteOwing(request.unit, after: .failure(error))
      noteLink(.failure(error), now: now)
      jobs.finish(.failed(error))
    }
  }

  private mutating func readOld(_ result: Result<[UInt16], FieldBusError>, now: MonotonicTime) {
    let nothing = FieldBusError(.none, "")
    switch result {
    case .success(let entries): jobs.current?.trace = WriteTrace(old: entries, result: .notSent(nothing))
    case .failure(let error):
      jobs.current?.trace = WriteTrace(old: nil, result: .notSent(error))
      // Registers that can only be written refuse this; everything else means that the device is not to be trusted now.
      guard case .exception = error.reason else { return finishWrite() }
    }
    jobs.current?.step = .write
  }

  private mutating func readBack(_ result: Result<[UInt16], FieldBusError>, now: MonotonicTime) {
    guard let current = jobs.current, case .write(let request) = current.job.work,
      case .readBack(let attempt, _, let end) = current.step
    else { return }
    var wantsMore = false
    switch result {
    case .success(let entries):
      jobs.current?.trace?.new = entries
      jobs.current?.trace?.readBackError = nil
      wantsMore = !request.isFulfilled(by: entries) && entries == current.trace?.old
    case .failure(let error):
      jobs.current?.trace?.readBackError = error
      if case .exception = error.reason { wantsMore = false } else { wantsMore = true }
      // Down: the bus is opened again at its own pace, and until then this waits without using up its attempts.
      if error.isBusDown { return expectReadBack(attempt: attempt, notBefore: now, end: end) }
    }
    guard wantsMore, attempt < BusJobs.maximumReadBacks else { return finishWrite() }
    expectReadBack(attempt: attempt + 1, notBefore: now + BusJobs.readBackPause, end: end)
  }

  private mutating func expectReadBack(attempt: Int, notBefore: MonotonicTime, end: MonotonicTime) {
    jobs.current?.step = .readBack(attempt: attempt, notBefore: notBefore, end: end)
  }

  private mutating func finishWrite() {
    guard let trace = jobs.current?.trace else { return }
    jobs.finish(.write(trace))
  }

  /// Whether the unit's reply may still come, so that the next read of it takes longer.
  mutating func noteOwing(_ unit: UInt8, after result: Result<[UInt16], FieldBusError>) {
    switch result {
    case .success: owing.remove(unit)
    case .failure(let error):
      switch error.reason {
      case .exception: owing.remove(unit)
      case .inputOutput: break
      default: owing.insert(unit)
      }
    }
  }

  private mutating func noteLink(_ result: Result<[UInt16], FieldBusError>, now: MonotonicTime) {
    guard case .failure(let error) = result else { return }
    noteUnit(error)
    if error.isBusDown { lose(error, now: now) }
  }
}
