/// Where one message of a serial sensor ends and the next begins.
public struct LineFraming: Hashable, Sendable {
  public enum End: Hashable, Sendable {
    /// CR, LF or ETX (control code 3), in any number: what nearly all sensors send.
    case automatic
    /// These bytes, 1 to ``maximumEndLength``: a prompt, for example.
    case text([UInt8])
    /// A pause of ``maximumGap``: for sensors that mark the end of a message by nothing else.
    case pause
  }

  public static let maximumEndLength = 16

  public var end: End
  /// Most bytes of a line, 16 to 65,536; a longer one is dropped and counted.
  public var maximumLength: Int
  /// Longest pause within a line, 10 ms to 60 s; what came before a longer one is dropped and counted.
  public var maximumGap: Duration

  public init(end: End = .automatic, maximumLength: Int = 1_024, maximumGap: Duration = .seconds(1)) {
    self.end = end
    self.maximumLength = maximumLength
    self.maximumGap = maximumGap
  }
}
