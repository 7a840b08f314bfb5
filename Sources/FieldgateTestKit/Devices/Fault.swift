/// What is wrong with a device, or with the line to it.
public struct Fault: Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// Requests are not answered.
    case silent
    /// Replies come this much later, 1 ms to 60 s. Later requests do not wait for them: a late reply can meet the next request.
    case delay(milliseconds: Int)
    /// Every request is refused with this exception code.
    case exception(code: UInt8)
    /// Replies are damaged on their way.
    case damaged(Damage)
    /// TCP: the connection is closed. RTU: the line is unplugged and plugged in again as a new pseudo-terminal.
    case drop
  }

  public var kind: Kind
  /// How many requests it still hits; nil: all, until it is cleared.
  public var times: Int?

  public init(_ kind: Kind, times: Int? = nil) {
    self.kind = kind
    self.times = times
  }

  /// As it is written in a command: `delay 800 times 3`.
  public var description: String {
    let text =
      switch kind {
      case .silent: "silent"
      case .delay(let milliseconds): "delay \(milliseconds)"
      case .exception(let code): "exception \(code)"
      case .damaged(let damage): Self.text(damage)
      case .drop: "drop"
      }
    return times.map { "\(text) times \($0)" } ?? text
  }

  private static func text(_ damage: Damage) -> String {
    if case .truncated(let bytes) = damage { return "truncated \(bytes)" }
    return damages.first { $0.damage == damage }?.name ?? ""
  }

  static let damages: [(name: String, damage: Damage)] = [
    ("garbage", .garbage), ("noise", .noise), ("wrong-unit", .wrongUnit), ("wrong-function", .wrongFunction),
    ("wrong-count", .wrongCount), ("short-count", .shortCount), ("duplicated", .duplicated),
  ]
}

extension Fault {
  /// Reads `silent`, `delay MS`, `exception CODE`, `drop`, `garbage`, `truncated BYTES`, `noise`, `wrong-unit`,
  /// `wrong-function`, `wrong-count`, `short-count`, `duplicated`, each optionally followed by `times N`.
  ///
  /// - Throws: ``TestKitError`` that shows what is allowed.
  public init(words: [String]) throws(TestKitError) {
    var words = words[...]
    var times: Int?
    if words.count >= 2, words[words.endIndex - 2] == "times" {
      guard let count = Int(words[words.endIndex - 1]), (1...1_000_000).contains(count) else {
        throw TestKitError("'times' takes a number of requests, 1 to 1000000")
      }
      times = count
      words = words.dropLast(2)
    }
    let number = words.count == 2 ? Int(words[words.startIndex + 1]) : nil
    switch (words.first, words.count) {
    case ("silent", 1): self.init(.silent, times: times)
    case ("drop", 1): self.init(.drop, times: times)
    case ("delay", 2):
      guard let number, (1...60_000).contains(number) else {
        throw TestKitError("'delay' takes milliseconds, 1 to 60000")
      }
      self.init(.delay(milliseconds: number), times: times)
    case ("exception", 2):
      guard let number, (1...255).contains(number) else { throw TestKitError("'exception' takes a code, 1 to 255") }
      self.init(.exception(code: UInt8(number)), times: times)
    case ("truncated", 2):
      guard let number, (1...255).contains(number) else { throw TestKitError("'truncated' takes bytes, 1 to 255") }
      self.init(.damaged(.truncated(bytes: number)), times: times)
    default:
      if words.count == 1, let damage = Self.damages.first(where: { $0.name == words.first })?.damage {
        self.init(.damaged(damage), times: times)
        return
      }
      throw TestKitError(
        "'\(words.joined(separator: " "))' is no fault; use silent, delay MS, exception CODE, drop, truncated BYTES, "
          + "\(Self.damages.map(\.name).joined(separator: ", ")), then 'times N' to end it after N requests")
    }
  }
}
