public import JSONText
public import Telemetry

/// What an operator wants of an alarm of a gateway. It waits at central until an event of the gateway answers it.
public struct OperatorCommand: Hashable, Sendable {
  /// Raw values are those of the store; numbers are only added.
  public enum Action: Int, Hashable, Sendable, CaseIterable {
    case acknowledge = 1
    case shelve = 2
    case unshelve = 3
    case comment = 4

    /// The word of the interfaces.
    public var name: String {
      switch self {
      case .acknowledge: "acknowledge"
      case .shelve: "shelve"
      case .unshelve: "unshelve"
      case .comment: "comment"
      }
    }
  }

  /// Random, so that a central that was restored never gives one out twice; not 0, below 2^63.
  public var number: UInt64
  public var gateway: String
  public var alarm: String
  public var action: Action
  /// How long to shelve, in seconds; nil: for the gateway's usual time.
  public var seconds: Int64?
  /// At most 256 UTF-8 bytes; may be empty.
  public var comment: String
  /// The name in the operator's certificate.
  public var who: String
  public var created: Timestamp

  /// Of one gateway, that wait.
  public static let maximumWaiting = 100
  /// In one answer to a gateway.
  public static let maximumInAnswer = 16
  /// What no gateway answered for so long is dropped: what it was about is past.
  public static let lifetime = Duration.seconds(7 * 86_400)

  public init(
    number: UInt64, gateway: String, alarm: String, action: Action, seconds: Int64?, comment: String, who: String,
    created: Timestamp
  ) {
    self.number = number
    self.gateway = gateway
    self.alarm = alarm
    self.action = action
    self.seconds = seconds
    self.comment = comment
    self.who = who
    self.created = created
  }

  /// As a gateway gets it, and an operator sees it (`docs/formats/sync.md`).
  public func write(to json: inout JSONWriter) {
    // As a text: numbers above 2^53 are not safe in JSON.
    json.member("command", String(number))
    json.member("alarm", alarm)
    json.member("action", action.name)
    json.member("seconds", ifPresent: seconds)
    if !comment.isEmpty { json.member("comment", comment) }
    json.member("by", who)
    json.member("time", created.iso8601)
  }
}
