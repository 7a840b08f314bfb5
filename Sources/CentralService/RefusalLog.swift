import Logging
import Synchronization
import Telemetry
import Threads

/// Clients that may not do what they ask for, at most one line a minute for each name: a gateway with a wrong certificate
/// asks again for ever.
final class RefusalLog: Sendable {
  static let shared = RefusalLog()

  static let interval = Duration.seconds(60)
  /// Names kept; when there are more, some may be logged more often.
  static let maximumNames = 1_000

  private let log = Logger(label: "fieldgate-central")
  private let last = Mutex<[String: MonotonicTime]>([:])

  func refused(_ name: String, _ reason: String) {
    guard isDue(name, now: SystemClock.monotonic()) else { return }
    log.warning("refused \(name): \(reason)")
  }

  func isDue(_ name: String, now: MonotonicTime) -> Bool {
    last.withLock { last in
      if let before = last[name], now - before < Self.interval { return false }
      if last.count >= Self.maximumNames { last.removeAll() }
      last[name] = now
      return true
    }
  }
}
