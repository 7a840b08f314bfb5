/// Bounds of commands, `docs/commands.md`.
public enum CommandLimits {
  public static let defaultTimeToLive = Duration.seconds(10)
  public static let timesToLive = Duration.milliseconds(100) ... .seconds(300)
  /// Tags that one command may name.
  public static let maximumItems = 32
  public static let maximumIDBytes = 64
  /// Commands under way or waiting, of all buses.
  static let maximumPending = 64
  /// Ids that are remembered.
  static let rememberedIDs = 1_024
  /// Writes to one tag: so many at once, then so many a second.
  static let burst = 10
  static let perSecond = 1
  /// A bus that has not said anything for so long after the deadline will not: it may ask for minutes (three read-backs
  /// with the longest time-outs), and be stopped meanwhile.
  static let silence = Duration.seconds(600)
}
