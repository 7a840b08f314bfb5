/// Why saved state of a detector is not used. The detector starts anew: nothing but what it had learnt is lost.
public enum AnomalyStateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// It does not begin as such state does.
  case foreign
  case unknownVersion(UInt8)
  /// It ends early, is too long, or its check sum does not match.
  case damaged
  /// The check sum matches, but the numbers cannot have been saved by a detector.
  case inconsistent

  public var description: String {
    switch self {
    case .foreign: "this is no state of an anomaly detector"
    case .unknownVersion(let version):
      "the state is of version \(version), and this program knows version \(AnomalyDetector.stateVersion)"
    case .damaged: "the state of the anomaly detector is damaged"
    case .inconsistent: "the state of the anomaly detector holds numbers that cannot be"
    }
  }
}
