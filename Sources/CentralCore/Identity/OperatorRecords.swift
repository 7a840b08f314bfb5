public import Telemetry

/// What an operator of central may do; each role may do what the ones before it may.
public enum OperatorRole: String, Hashable, Sendable, CaseIterable, Comparable {
  /// Reads everything.
  case viewer
  /// Acknowledges, shelves and comments alarms.
  case `operator`
  /// Tickets, gateways, operators, the audit log.
  case administrator

  private var rank: Int {
    switch self {
    case .viewer: 0
    case .operator: 1
    case .administrator: 2
    }
  }

  public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// An operator's account.
public struct OperatorRecord: Hashable, Sendable {
  public var name: String
  public var role: OperatorRole
  /// Whether it can sign in with a password, beside its tokens.
  public var hasPassword: Bool
  public var created: Timestamp

  public init(name: String, role: OperatorRole, hasPassword: Bool, created: Timestamp) {
    self.name = name
    self.role = role
    self.hasPassword = hasPassword
    self.created = created
  }
}

/// A token for programs that act for an operator: known by its hash alone.
public struct TokenRecord: Hashable, Sendable {
  public var number: Int64
  public var owner: String
  /// What it is for, in its owner's words.
  public var label: String
  public var created: Timestamp
  /// Nil: until it is revoked.
  public var expires: Timestamp?
  public var revoked: Timestamp?

  public init(
    number: Int64, owner: String, label: String, created: Timestamp, expires: Timestamp?, revoked: Timestamp?
  ) {
    self.number = number
    self.owner = owner
    self.label = label
    self.created = created
    self.expires = expires
    self.revoked = revoked
  }

  /// In a word, for lists.
  public func state(now: Timestamp) -> String {
    if revoked != nil { return "revoked" }
    return expires.map { now >= $0 } == true ? "expired" : "good"
  }
}
