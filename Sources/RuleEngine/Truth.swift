/// What a condition says: three-valued logic after Kleene, because a tag may have no value just now.
public enum Truth: UInt8, Hashable, Sendable {
  case no = 0
  case yes = 1
  case unknown = 2

  public init(_ holds: Bool) { self = holds ? .yes : .no }

  /// `all` of both: one `no` decides.
  public func and(_ other: Self) -> Self {
    if self == .no || other == .no { return .no }
    return self == .yes && other == .yes ? .yes : .unknown
  }

  /// `any` of both: one `yes` decides.
  public func or(_ other: Self) -> Self {
    if self == .yes || other == .yes { return .yes }
    return self == .no && other == .no ? .no : .unknown
  }

  public var negated: Self {
    switch self {
    case .no: .yes
    case .yes: .no
    case .unknown: .unknown
    }
  }
}
