public import Telemetry

/// One device as the poller needs it.
public struct PolledDevice: Hashable, Sendable {
  /// Index into ``Catalogue/devices``; comes back in every ``DeviceScan``.
  public var device: Int
  /// The Modbus unit id.
  public var unit: UInt8
  public var pace: PollPace
  /// One for each tag, in catalogue order.
  public var points: [RegisterPoint]
  /// Time-out and silence of its requests.
  public var pacing: RequestPacing
  /// How often a read is asked for again at once when it brings no or a damaged reply, 0 or more. A device that did not
  /// answer its last scan either gets no second chance: it would cost the others of its bus too much.
  public var retries: Int
  public var rules: ReadRules

  public init(
    device: Int, unit: UInt8, pace: PollPace, points: [RegisterPoint], pacing: RequestPacing = RequestPacing(),
    retries: Int = 0, rules: ReadRules = ReadRules()
  ) {
    self.device = device
    self.unit = unit
    self.pace = pace
    self.points = points
    self.pacing = pacing
    self.retries = retries
    self.rules = rules
  }

  /// A device with a fixed interval.
  public init(device: Int, unit: UInt8, scanInterval: Duration, points: [RegisterPoint]) {
    self.init(device: device, unit: unit, pace: PollPace(interval: scanInterval), points: points)
  }

  public var scanInterval: Duration { pace.interval }
}
