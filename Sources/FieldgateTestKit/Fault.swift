import Synchronization

/// What a simulated unit does wrong.
public enum Fault: Hashable, Sendable {
  /// No answer at all.
  case silent
  /// The right answer, but this much later.
  case delay(milliseconds: Int)
  /// A Modbus exception instead of the answer.
  case exception(code: UInt8)
  /// An answer whose check sum (RTU) or transaction number (TCP) is wrong.
  case garbage
  /// The connection is closed instead of an answer (TCP); nothing happens on a serial line.
  case drop

  /// From words: `silent`, `delay 800`, `exception 2`, `garbage`, `drop`.
  public init?(words: [String]) {
    switch (words.first, words.count > 1 ? Int(words[1]) : nil) {
    case ("silent", _): self = .silent
    case ("delay", let milliseconds?) where (0...60_000).contains(milliseconds):
      self = .delay(milliseconds: milliseconds)
    case ("exception", let code?) where (1...255).contains(code): self = .exception(code: UInt8(code))
    case ("garbage", _): self = .garbage
    case ("drop", _): self = .drop
    default: return nil
    }
  }
}

/// Faults of the units of one server, set by one thread and read by another.
public final class FaultBox: Sendable {
  private let faults = Mutex<[UInt8: Fault]>([:])

  public init() {}

  public subscript(unit: UInt8) -> Fault? {
    get { faults.withLock { $0[unit] } }
    set { faults.withLock { $0[unit] = newValue } }
  }
}
