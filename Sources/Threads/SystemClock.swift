import Glibc
public import Telemetry

/// The two clocks of a program. Everything below composition is handed times and never reads a clock.
public enum SystemClock {
  /// CLOCK_BOOTTIME: never set, and counts while the machine sleeps.
  public static func monotonic() -> MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// CLOCK_REALTIME, in whole milliseconds.
  public static func wall() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
