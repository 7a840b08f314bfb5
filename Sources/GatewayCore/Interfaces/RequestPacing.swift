/// How long a bus waits for one device, and how long it leaves it in peace.
public struct RequestPacing: Hashable, Sendable {
  /// Time for the answer; nil: the bus's.
  public var timeout: Duration?
  /// Silence before a request to the device and after its reply, where it is longer than the line's own: some devices need
  /// more than 3.5 characters to turn from sending to receiving.
  public var turnRound: Duration

  public init(timeout: Duration? = nil, turnRound: Duration = .zero) {
    self.timeout = timeout
    self.turnRound = turnRound
  }
}
