public import SerialSensors

/// What the machine of a bus of serial lines knows of the line itself.
public struct SerialLineTraits: Hashable, Sendable {
  public var framing: LineFraming
  /// The port marks bytes with parity and framing errors, see ``LineFramer``.
  public var isMarked: Bool
  /// How long one character takes.
  public var characterTime: Duration
  /// SDI-12: each command is announced by a break.
  public var wantsBreak: Bool
  /// SDI-12: how long a sensor may take for its reply, 10 ms to 60 s.
  public var timeout: Duration

  public init(
    framing: LineFraming, isMarked: Bool, characterTime: Duration, wantsBreak: Bool = false,
    timeout: Duration = .seconds(1)
  ) {
    self.framing = framing
    self.isMarked = isMarked
    self.characterTime = characterTime
    self.wantsBreak = wantsBreak
    self.timeout = timeout
  }
}
