/// Why something of this gateway's identity could not be done: what, and what to do about it.
public struct IdentityError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What happened, one sentence without a full stop.
  public var message: String
  /// What a person can do, one sentence without a full stop; empty when nothing special.
  public var nextStep: String

  public init(_ message: String, next: String = "") {
    self.message = message
    nextStep = next
  }

  public var description: String { nextStep.isEmpty ? message : "\(message): \(nextStep)" }
}
