import Glibc
import Telemetry

/// The clock of time-outs; it stands still while the machine sleeps, as the line does.
enum MonotonicClock {
  static var now: MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  static func sleep(until end: MonotonicTime) {
    while true {
      let left = (end - now).wholeNanoseconds
      guard left > 0 else { return }
      var time = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
      nanosleep(&time, nil)
    }
  }

  /// Waits until the descriptor is ready for `events`, or has failed; false when `end` came first.
  static func wait(_ descriptor: Int32, for events: Int32, until end: MonotonicTime) -> Bool {
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      // Rounded up, so that the last wait does not turn into a busy loop.
      let left = max(0, ((end - now).wholeNanoseconds + 999_999) / 1_000_000)
      let count = poll(&entry, 1, Int32(clamping: left))
      if count > 0 { return true }
      if count < 0 && errno != EINTR { return true }
      if now >= end { return false }
    }
  }
}
