/// What a simulated serial sensor speaks.
public enum SerialSensorKind: String, Sendable, CaseIterable {
  /// `T=21.5 C H=40 % n=17`, by itself.
  case lines
  case json
  case csv
  case keyValue = "key-value"
  /// Position, course and wind.
  case nmea
  /// Answers `READ` with `ST,GS,+   12.5kg`.
  case scale
  /// Three sensors, addresses 0, 1 and 2, on a bus that echoes the commands.
  case sdi12 = "sdi-12"

  /// It sends only what it is asked for.
  public var isAsked: Bool { self == .scale || self == .sdi12 }
}
