import Telemetry

/// The requests of one device, and what they and its answers have taught.
struct DevicePlan: Sendable {
  /// A search in vain is not begun again for this long, then twice as long, and so on …
  static let firstSearchPause = Duration.seconds(60)
  /// … up to this.
  static let longestSearchPause = Duration.seconds(3_600)
  /// Most refused places that one scan asks for again.
  static let maximumRetries = 4
  /// So many answers must agree before the plan follows the device's own time to think, and between two changes.
  static let answersToMeasure = 64
  /// A change of that time matters when it is larger than this, and than half of what was assumed.
  static let leastChange = Duration.milliseconds(2)

  private(set) var device: PolledDevice
  private(set) var rules: ReadRules
  private(set) var learned: LearnedReads
  private(set) var plan: ReadPlan
  /// The plan's steps, as a scan begins with them.
  private(set) var parts: [RefusalSearch.Part] = []
  /// Moves on whenever `learned`, the plan, or the set of reads that go unanswered changes.
  private(set) var revision = 0
  /// Borders that one search found; the next one makes sure.
  private var suspected: Set<LearnedReads.Cut> = []
  /// Reads that go unanswered though the device answers others.
  private var unanswered = UnansweredReads()
  /// Those that are asked more rarely.
  var rareReads: Set<ReadRequest> { unanswered.rare }
  private var nextSearch = MonotonicTime.zero
  private var searchPause = Self.firstSearchPause
  private var thinking: Duration
  private var answers = 0

  init(_ device: PolledDevice, learned: LearnedReads) {
    self.device = device
    self.learned = learned
    rules = device.rules
    thinking = device.rules.thinking
    plan = ReadPlan(
      unit: device.unit, points: device.points, rules: device.rules, learned: learned, pacing: device.pacing)
    parts = plan.steps.map { RefusalSearch.Part(step: $0) }
  }

  /// The same device after a reload: what was learned stays, and the plan as well, unless the device is asked in another way.
  func continued(_ device: PolledDevice) -> Self {
    var same = self.device
    same.pace = device.pace
    var plan = same == device ? self : Self(device, learned: learned)
    plan.device = device
    return plan
  }

  private mutating func replan() {
    plan = ReadPlan(unit: device.unit, points: device.points, rules: rules, learned: learned, pacing: device.pacing)
    parts = plan.steps.map { RefusalSearch.Part(step: $0) }
    unanswered.keep(only: Set(plan.steps.map(\.request)))
    revision += 1
  }

  /// What a scan that begins now asks for, and the steps that it leaves out because they went unanswered.
  ///
  /// - Parameter failures: scans in a row without any reply. After one the scan begins with another step: perhaps it is the
  ///   step that is not answered, not the device.
  func scan(now: MonotonicTime, failures: Int) -> (parts: [RefusalSearch.Part], left: [ReadPlan.Step]) {
    var asked = parts
    var left: [ReadPlan.Step] = []
    if !unanswered.isEmpty {
      left = asked.map(\.step).filter { unanswered.isPausing($0.request, now: now) }
      // Those that are asked again come last: they may cost the others their answers.
      asked =
        asked.filter { !unanswered.contains($0.step.request) }
        + asked.filter { unanswered.contains($0.step.request) && !left.contains($0.step) }
    }
    if failures > 0, asked.count > 1 {
      let first = failures % asked.count
      asked = Array(asked[first...] + asked[..<first])
    }
    let again = retries(now: now)
    return (again.isEmpty ? asked : asked + again, left)
  }

  /// A read was not answered in a scan in which others were.
  mutating func ignored(_ request: ReadRequest, cost: Duration, now: MonotonicTime) {
    let before = unanswered.rare
    unanswered.add(request, cost: cost, now: now)
    if unanswered.rare != before { revision += 1 }
  }

  /// Refused places that are due to be asked for again.
  private func retries(now: MonotonicTime) -> [RefusalSearch.Part] {
    learned.due(now: now).prefix(Self.maximumRetries).compactMap { place in
      let tags = device.points.indices.filter { LearnedReads.Place(device.points[$0]) == place }
      guard !tags.isEmpty else { return nil }
      let step = ReadPlan.step(tags, device.points, unit: device.unit, pacing: device.pacing)
      return RefusalSearch.Part(step: step, isRetry: true)
    }
  }

  func maySearch(now: MonotonicTime) -> Bool { now >= nextSearch }

  // MARK: What answers teach

  /// A read of the plan was answered.
  mutating func answered(_ request: ReadRequest, in time: Duration) {
    if !unanswered.isEmpty {
      if unanswered.rare.contains(request) { revision += 1 }
      unanswered.remove(request)
    }
    if !suspected.isEmpty {
      let addresses = Int(request.address) + 1..<Int(request.address) + max(request.count, 1)
      suspected = suspected.filter { $0.table != request.table || !addresses.contains(Int($0.address)) }
    }
    let wire = rules.costs.wireTime(request.table, entries: request.count, turnRound: rules.turnRound)
    // A moving mean over the last sixteen or so.
    thinking += (max(.zero, time - wire) - thinking) / 16
    answers += 1
  }

  /// Follows the measured time to think; to be called between two scans.
  mutating func adapt() {
    guard answers >= Self.answersToMeasure else { return }
    answers = 0
    let change = thinking > rules.thinking ? thinking - rules.thinking : rules.thinking - thinking
    guard change > Self.leastChange, change > rules.thinking / 2 else { return }
    rules.thinking = thinking
    replan()
  }

  /// A place that had been refused was asked for again.
  mutating func retried(_ part: RefusalSearch.Part, exception: UInt8?, now: MonotonicTime) {
    guard let tag = part.step.slots.first?.tag else { return }
    let place = LearnedReads.Place(device.points[tag])
    if let exception {
      learned.refuse(place, exception: exception, now: now)
      revision += 1
    } else {
      learned.refusals[place] = nil
      replan()
    }
  }

  /// A search has ended with its scan.
  ///
  /// - Parameter isAnswering: the device answered something in this scan.
  mutating func learn(from search: RefusalSearch, isAnswering: Bool, now: MonotonicTime) {
    let findings = search.findings(isAnswering: isAnswering)
    if search.isVain || (search.isSearching && !isAnswering) {
      nextSearch = now + searchPause
      searchPause = min(searchPause * 2, Self.longestSearchPause)
    } else {
      searchPause = Self.firstSearchPause
    }
    for refusal in findings.refused { learned.refuse(refusal.place, exception: refusal.exception, now: now) }
    let sure = findings.cuts.filter { suspected.contains($0) }
    learned.cuts.formUnion(sure)
    suspected = suspected.union(findings.cuts).subtracting(sure)
    if !findings.refused.isEmpty || !sure.isEmpty { replan() }
  }
}
