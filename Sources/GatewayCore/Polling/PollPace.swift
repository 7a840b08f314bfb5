/// How often a device is scanned.
public struct PollPace: Hashable, Sendable {
  /// From the start of one scan to the start of the next; more than zero.
  public var interval: Duration
  /// As often as the line allows beside the other devices: then `interval` is the shortest time between two scans, and no
  /// scan is ever late.
  public var isContinuous: Bool

  public init(interval: Duration, isContinuous: Bool = false) {
    self.interval = interval
    self.isContinuous = isContinuous
  }
}
