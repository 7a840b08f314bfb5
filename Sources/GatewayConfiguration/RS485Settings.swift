/// Direction control of an RS-485 transceiver by the port's driver.
public struct RS485Settings: Hashable, Sendable {
  /// The level of RTS while sending; default high.
  public var isRTSHighWhenSending: Bool
  /// Whole milliseconds, 0 to 100; default 0.
  public var delayBeforeSending: Duration
  /// Whole milliseconds, 0 to 100; default 0.
  public var delayAfterSending: Duration

  public init(
    isRTSHighWhenSending: Bool = true, delayBeforeSending: Duration = .zero, delayAfterSending: Duration = .zero
  ) {
    self.isRTSHighWhenSending = isRTSHighWhenSending
    self.delayBeforeSending = delayBeforeSending
    self.delayAfterSending = delayAfterSending
  }
}
