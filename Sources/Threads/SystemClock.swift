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

  /// systemd-timesyncd has set the clock since boot. Other time servers leave no such mark; their clocks are believed by
  /// what they show.
  public static var isSynchronized: Bool { access("/run/systemd/timesync/synchronized", F_OK) == 0 }

  /// Minutes since Monday's midnight in the machine's time zone, 0 to 10,079.
  public static func minuteOfWeek(_ time: Timestamp) -> Int {
    var seconds = time_t(time.milliseconds / 1_000)
    var local = tm()
    localtime_r(&seconds, &local)
    // tm_wday counts from Sunday.
    return (Int(local.tm_wday) + 6) % 7 * 1_440 + Int(local.tm_hour) * 60 + Int(local.tm_min)
  }

  /// What tells this boot of the machine from others. The unit hands it over, because /proc/sys is hidden from the daemon.
  public static var bootName: String {
    if let given = getenv("FIELDGATE_BOOT") { return String(cString: given) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    let count = descriptor >= 0 ? read(descriptor, &bytes, bytes.count) : 0
    guard count > 30 else { return "process \(getpid()) at \(monotonic().nanoseconds)" }
    return String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self)
  }
}
