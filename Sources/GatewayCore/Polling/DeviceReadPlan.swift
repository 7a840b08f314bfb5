/// How one device is read at the moment.
public struct DeviceReadPlan: Hashable, Sendable {
  /// Index into ``Catalogue/devices``.
  public var device: Int
  public var plan: ReadPlan
  /// With the time to think that was measured, once it is known.
  public var rules: ReadRules
  public var learned: LearnedReads
  /// Requests of the plan that the device leaves unanswered though it answers others: they are asked rarely.
  public var unanswered: Set<ReadRequest>

  public init(
    device: Int, plan: ReadPlan, rules: ReadRules, learned: LearnedReads, unanswered: Set<ReadRequest> = []
  ) {
    self.device = device
    self.plan = plan
    self.rules = rules
    self.learned = learned
    self.unanswered = unanswered
  }

  /// Estimate of the bus's time for one scan, without the reads that are asked rarely.
  public var time: Duration {
    plan.steps.reduce(.zero) { sum, step in
      unanswered.contains(step.request)
        ? sum : sum + rules.time(step.request.table, entries: step.request.count)
    }
  }

  /// Before anything is known but the configuration.
  public init(_ device: PolledDevice) {
    self.init(
      device: device.device,
      plan: ReadPlan(unit: device.unit, points: device.points, rules: device.rules, pacing: device.pacing),
      rules: device.rules, learned: LearnedReads())
  }
}
