/// What a framer made of its bytes since it was made. Bytes in = bytes in lines + ends + bytes dropped.
public struct FramerCounts: Hashable, Sendable {
  public var bytes = 0
  /// Lines handed out, damaged ones included.
  public var lines = 0
  /// Of those, lines with a byte that the port marked as wrong.
  public var damaged = 0
  /// Lines dropped because they were longer than allowed.
  public var tooLong = 0
  /// Beginnings of lines dropped because the rest did not come.
  public var cutShort = 0
  /// Beginnings of lines that were missed: after opening the port, and after a line that was too long.
  public var joined = 0
  /// Lines dropped because more came at once than are taken.
  public var flooded = 0

  public init() {}

  public var dropped: Int { tooLong + cutShort + joined + flooded }
}
