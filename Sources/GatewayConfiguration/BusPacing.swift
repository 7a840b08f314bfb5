/// How requests follow each other on a bus.
public struct BusPacing: Hashable, Sendable {
  /// Silence between two frames of a serial line, 1 ms to 1 s; nil: 3.5 characters, or 1.75 ms above 19200 baud.
  public var silence: Duration?
  /// Silence before a request to a device and after its reply, where longer; 0 to 10 s, default 0.
  public var turnRound: Duration
  /// How often a request whose reply is missing or damaged is sent again at once; 0 to 5, default 1.
  public var retries: Int

  public init(silence: Duration? = nil, turnRound: Duration = .zero, retries: Int = 1) {
    self.silence = silence
    self.turnRound = turnRound
    self.retries = retries
  }
}
