import Telemetry

/// The jobs of one bus: which is next, and how far the one under way is.
///
/// Reads and writes go first come, first served; probes wait apart. A job whose deadline has come before it was begun is
/// over. A write that has left is never sent again, whatever happens: from then on there is only reading back.
struct BusJobs: Sendable {
  /// Most jobs that wait, and most probes besides.
  static let capacity = 32
  /// Read-backs while the old value is still there: devices may take a value over only with their next cycle.
  static let maximumReadBacks = 3
  static let readBackPause = Duration.milliseconds(100)
  /// How long reading back is tried, when the bus went down with the write or the device does not answer.
  static let readBackLimit = Duration.seconds(10)

  enum Step: Hashable, Sendable {
    case readOld
    case write
    case readBack(attempt: Int, notBefore: MonotonicTime, end: MonotonicTime)
    /// A read or a probe.
    case ask
  }

  struct Current: Sendable {
    var job: BusJob
    var step: Step
    var trace: WriteTrace?
  }

  private(set) var waiting: [BusJob] = []
  private(set) var probes: [BusJob] = []
  var current: Current?
  /// Results that have not been reported yet.
  private(set) var results: [BusJobResult] = []

  var isEmpty: Bool { waiting.isEmpty && probes.isEmpty && current == nil && results.isEmpty }

  mutating func add(_ job: BusJob) {
    guard (job.isProbe ? probes.count : waiting.count) < Self.capacity else {
      return results.append(BusJobResult(number: job.number, outcome: .queueFull))
    }
    if job.isProbe { probes.append(job) } else { waiting.append(job) }
  }

  mutating func takeResult() -> BusJobResult? {
    results.isEmpty ? nil : results.removeFirst()
  }

  /// Gives up what was not begun in time; while the bus is down, also what cannot be begun in time.
  ///
  /// - Parameters:
  ///   - reachable: when the bus can be there at the earliest.
  ///   - fault: what is wrong with the bus.
  mutating func expire(now: MonotonicTime, reachable: MonotonicTime, fault: FieldBusError?) {
    func isOver(_ job: BusJob) -> Bool { job.deadline <= now || job.deadline <= reachable }
    for job in waiting + probes where isOver(job) {
      results.append(BusJobResult(number: job.number, outcome: .expired(job.deadline <= now ? nil : fault)))
    }
    waiting.removeAll(where: isOver)
    probes.removeAll(where: isOver)
    if case .readBack(_, _, let end) = current?.step, end <= now || end <= reachable, let trace = current?.trace {
      finish(.write(trace))
    }
  }

  /// The earliest time at which something is to be done: a deadline, or a read-back that waits.
  func wakeTime(isOpen: Bool) -> MonotonicTime {
    var wake = MonotonicTime.never
    for job in waiting + probes { wake = min(wake, job.deadline) }
    if case .readBack(_, let notBefore, let end) = current?.step { wake = min(wake, isOpen ? notBefore : end, end) }
    return wake
  }

  /// Begins the next read or write when none is under way.
  mutating func begin() {
    guard current == nil, !waiting.isEmpty else { return }
    let job = waiting.removeFirst()
    if case .write = job.work {
      current = Current(job: job, step: .readOld)
    } else {
      current = Current(job: job, step: .ask)
    }
  }

  /// Begins the first probe that fits into a gap.
  ///
  /// - Parameter longest: what a question may take at most.
  mutating func beginProbe(gap: Duration, longest: (RawRequest, Duration) -> Duration) {
    let position = probes.firstIndex { job in
      if case .probe(let request, let timeout) = job.work { longest(request, timeout) <= gap } else { false }
    }
    guard current == nil, let position else { return }
    current = Current(job: probes.remove(at: position), step: .ask)
  }

  /// Gives everything up: what has left is what it is, and nothing else will leave.
  mutating func end(_ error: FieldBusError) -> [BusJobResult] {
    switch current?.step {
    case .readBack: if let trace = current?.trace { finish(.write(trace)) }
    case .readOld, .write, .ask, nil: finish(.failed(error))
    }
    for job in waiting + probes { results.append(BusJobResult(number: job.number, outcome: .failed(error))) }
    defer { self = BusJobs() }
    return results
  }

  mutating func finish(_ outcome: BusJobResult.Outcome) {
    guard let current else { return }
    results.append(BusJobResult(number: current.job.number, outcome: outcome))
    self.current = nil
  }
}
