/// Why a saved state is not used. Whatever it was of begins anew: nothing but what it had gathered is lost.
public enum WindowStateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// It does not begin as such state does.
  case foreign
  case unknownVersion(UInt8)
  /// It ends early, is too long, its check sum does not match, or its numbers cannot have been saved.
  case damaged
  /// It was saved of a window that gathers or computes something else.
  case otherSpecification

  public var description: String {
    switch self {
    case .foreign: "this is no saved state of this kind"
    case .unknownVersion(let version): "the state is of version \(version), which this program does not know"
    case .damaged: "the state is damaged"
    case .otherSpecification: "the state is of a window with another specification"
    }
  }
}
