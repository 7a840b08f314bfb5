public import Telemetry

/// How often somebody may fail: after so many failures within a time, further attempts wait.
///
/// Bounded: the oldest are forgotten when too many are known.
public struct AttemptLimit: Sendable {
  /// Failures of one name or address within ``window``, after which it waits.
  public let failures: Int
  public let window: Duration
  /// Names kept.
  public static let maximumNames = 10_000

  private var failed: [String: [MonotonicTime]] = [:]

  public init(failures: Int, window: Duration) {
    precondition(failures > 0, "nobody could try even once")
    self.failures = failures
    self.window = window
  }

  /// Seconds to wait before the next attempt; nil when it may come now.
  public func wait(_ name: String, now: MonotonicTime) -> Int? {
    let recent = recent(name, now)
    guard recent.count >= failures, let oldest = recent.first else { return nil }
    return max(1, Int(((oldest + window) - now).components.seconds) + 1)
  }

  public mutating func failed(_ name: String, now: MonotonicTime) {
    if failed.count >= Self.maximumNames, failed[name] == nil {
      failed = failed.filter { !recent($0.key, now).isEmpty }
      // Everybody failed just now: an attack from many places, which the cost of an attempt must bear.
      if failed.count >= Self.maximumNames { failed.removeAll() }
    }
    failed[name] = recent(name, now).suffix(failures - 1) + [now]
  }

  public mutating func succeeded(_ name: String) { failed[name] = nil }

  private func recent(_ name: String, _ now: MonotonicTime) -> [MonotonicTime] {
    (failed[name] ?? []).filter { now - $0 < window }
  }
}
