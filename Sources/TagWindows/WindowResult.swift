public import Telemetry

/// What a window came to.
public struct WindowResult: Hashable, Sendable {
  /// Nil exactly when the quality is bad.
  public var value: Double?
  /// Good; uncertain (incomplete) below the minimum coverage, uncertain (clock) when the clock was set meanwhile, or as
  /// uncertain as the newest uncertain sample in it; bad (incomplete) when the samples do not suffice for a value.
  public var quality: Quality
  /// When it was known: the window's end; of a session that ran out, the end of its time-out. Never goes back, but for
  /// the clock being set back.
  public var time: Timestamp
  /// Where the window began: for sessions and counts the first sample.
  public var start: Timestamp
  /// Where it ended: for sessions and counts the last sample.
  public var end: Timestamp
  /// Good and uncertain samples in it.
  public var count: Int
  /// The part of the time between start and end of which the value is known, 0 to 1.
  public var coverage: Double

  public init(
    value: Double?, quality: Quality, time: Timestamp, start: Timestamp, end: Timestamp, count: Int, coverage: Double
  ) {
    self.value = value
    self.quality = quality
    self.time = time
    self.start = start
    self.end = end
    self.count = count
    self.coverage = coverage
  }
}
