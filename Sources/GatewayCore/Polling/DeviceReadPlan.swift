/// How one device is read at the moment.
public struct DeviceReadPlan: Hashable, Sendable {
  /// Index into ``Catalogue/devices``.
  public var device: Int
  public var plan: ReadPlan
  /// With the time to think that was measured, once it is known.
  public var rules: ReadRules
  public var learned: LearnedReads

  public init(device: Int, plan: ReadPlan, rules: ReadRules, learned: LearnedReads) {
    self.device = device
    self.plan = plan
    self.rules = rules
    self.learned = learned
  }

  /// Before anything is known but the configuration.
  public init(_ device: PolledDevice) {
    self.init(
      device: device.device,
      plan: ReadPlan(unit: device.unit, points: device.points, rules: device.rules, pacing: device.pacing),
      rules: device.rules, learned: LearnedReads())
  }
}
