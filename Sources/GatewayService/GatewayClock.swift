import Glibc
import Telemetry

/// The two clocks of the daemon. Everything below composition is handed times and never reads a clock.
enum GatewayClock {
  /// CLOCK_BOOTTIME: never set, and counts while the machine sleeps.
  static func monotonic() -> MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// CLOCK_REALTIME, in whole milliseconds.
  static func wall() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
