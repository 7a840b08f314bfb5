import Logging
import SQLiteOutbox
import Synchronization
import SystemdNotify
import Telemetry
import Threads

/// Keeps the service manager from ending the daemon while the store reads or writes its whole file, which takes minutes where
/// the file is large and the disk slow: begun anew it would not be quicker. Bounded, so that a disk that hangs is noticed.
final class LongWork: LongWorkListener, @unchecked Sendable {  // what changes is behind the lock
  /// Gigabytes, read and written once, on a card that gives a few megabytes a second.
  static let limit = Duration.seconds(4 * 3_600)

  private let interval: Duration
  private let limit: Duration
  private let tell: @Sendable (_ what: String, _ time: Duration) -> Void
  private let state = Mutex((work: [String](), end: Mailbox<Void>?.none))

  /// - Parameters:
  ///   - interval: between two calls of `tell`, the first of which comes at once.
  ///   - tell: called on a thread of its own.
  init(
    interval: Duration, limit: Duration = LongWork.limit,
    tell: @escaping @Sendable (_ what: String, _ time: Duration) -> Void
  ) {
    self.interval = interval
    self.limit = limit
    self.tell = tell
  }

  /// Tells systemd and, when it takes longer, the log.
  static func supervised(_ log: Logger) -> LongWork {
    // A third of it, as for every feeding of the watchdog.
    let interval = min(.seconds(10), SystemdNotify.watchdogInterval.map { $0 / 3 } ?? .seconds(10))
    return LongWork(interval: interval) { what, time in
      SystemdNotify.stillBusy(for: interval * 6)
      guard time > .zero else { return }
      let seconds = time.wholeMilliseconds / 1_000
      SystemdNotify.status("\(what), for \(seconds) s so far")
      log.notice("\(what), for \(seconds) s so far: the whole file is read")
    }
  }

  func begins(_ what: String) {
    state.withLock { state in
      state.work.append(what)
      guard state.end == nil else { return }
      let end = Mailbox<Void>(capacity: 1)
      state.end = end
      _ = NamedThread("long-work") { [self] in run(until: end) }
    }
  }

  func ended() {
    state.withLock { state in
      _ = state.work.popLast()
      guard state.work.isEmpty else { return }
      state.end?.send((), always: true)
      state.end = nil
    }
  }

  private func run(until end: Mailbox<Void>) {
    let start = SystemClock.monotonic()
    while true {
      let time = SystemClock.monotonic() - start
      guard time <= limit, let what = state.withLock({ $0.work.last }) else { return }
      tell(what, time < interval ? .zero : time)
      if !end.receive(timeout: interval).isEmpty { return }
    }
  }
}
