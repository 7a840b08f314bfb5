/// Why a text is no ticket: what is wrong, in which line, and what to do.
public struct TicketError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Counted from 1; nil when it is about the whole.
  public var line: Int?
  /// What is wrong, and what to do about it.
  public var message: String

  public var description: String { (line.map { "line \($0) of the ticket: " } ?? "the ticket: ") + message }
}
