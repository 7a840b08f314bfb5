/// The unit of time of a rate or an integral: units per hour, unit hours.
public enum TimeBase: String, Hashable, Sendable, CaseIterable {
  case second
  case minute
  case hour
  case day

  /// In milliseconds.
  public var milliseconds: Int64 {
    switch self {
    case .second: 1_000
    case .minute: 60_000
    case .hour: 3_600_000
    case .day: 86_400_000
    }
  }

  /// As it stands in units of measurement.
  public var symbol: String {
    switch self {
    case .second: "s"
    case .minute: "min"
    case .hour: "h"
    case .day: "d"
    }
  }
}
