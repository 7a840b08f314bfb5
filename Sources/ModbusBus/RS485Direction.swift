/// How the kernel's driver switches an RS-485 transceiver between sending and receiving (TIOCSRS485). For ports of the
/// board itself; USB adapters switch by themselves and need none of this.
public struct RS485Direction: Hashable, Sendable {
  /// The level of RTS while sending: high, unless the transceiver is wired the other way round.
  public var isRTSHighWhenSending: Bool
  /// Between switching to sending and the first bit, whole milliseconds, 0 to 100.
  public var delayBeforeSending: Duration
  /// Between the last bit and switching to receiving, whole milliseconds, 0 to 100.
  public var delayAfterSending: Duration

  public init(
    isRTSHighWhenSending: Bool = true, delayBeforeSending: Duration = .zero, delayAfterSending: Duration = .zero
  ) {
    self.isRTSHighWhenSending = isRTSHighWhenSending
    self.delayBeforeSending = delayBeforeSending
    self.delayAfterSending = delayAfterSending
  }
}
