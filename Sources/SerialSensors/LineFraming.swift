/// Where one message of a serial sensor ends and the next begins.
public struct LineFraming: Hashable, Sendable {
  /// Most bytes of a line, 16 to 65,536; a longer one is dropped and counted.
  public var maximumLength: Int
  /// Longest pause within a line, 10 ms to 60 s; what came before a longer one is dropped and counted.
  public var maximumGap: Duration

  public init(maximumLength: Int = 1_024, maximumGap: Duration = .seconds(1)) {
    self.maximumLength = maximumLength
    self.maximumGap = maximumGap
  }
}
