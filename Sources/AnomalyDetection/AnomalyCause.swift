/// Which signal of the detector found a sample unusual. The numbers stand in saved alarms and never change.
public enum AnomalyCause: UInt8, Hashable, Sendable, CaseIterable {
  /// The value itself is far from every value known.
  case value = 1
  /// The deviation from what is usual in this hour of the day, smoothed over about three steps.
  case season = 2
  /// The recent mean has moved away from the long-term mean.
  case shift = 3
  /// The reading has not changed for far longer than ever before.
  case flat = 4
}
