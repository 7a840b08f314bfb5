/// What is wrong with a simulated serial sensor.
public enum SerialFault: Hashable, Sendable {
  /// It says nothing more.
  case silent
  /// Bytes of noise stand between its messages and in every third of them.
  case noise
  /// Every other message stops in the middle.
  case halves
  /// Check sums are wrong.
  case checksum
  /// It sends a hundred messages where it should send one.
  case flood
  /// What it is asked for comes so much later.
  case late(milliseconds: Int)

  /// From the words of a command: `noise`, `late 800`.
  ///
  /// - Throws: ``TestKitError`` that names what is known.
  public init(words: [String]) throws(TestKitError) {
    switch words.first {
    case "silent": self = .silent
    case "noise": self = .noise
    case "halves": self = .halves
    case "checksum": self = .checksum
    case "flood": self = .flood
    case "late":
      guard words.count == 2, let count = Int(words[1]), (1...600_000).contains(count) else {
        throw TestKitError("late needs milliseconds, as in: late 800")
      }
      self = .late(milliseconds: count)
    default:
      throw TestKitError("unknown fault; known: silent, noise, halves, checksum, flood, late MILLISECONDS")
    }
  }
}
