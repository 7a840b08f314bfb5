import CSystemd
import Glibc

/// What the service manager is told (sd_notify(3)). Without a service manager every call does nothing.
public enum SystemdNotify {
  /// Start-up is finished: dependents may start.
  public static func ready() { send("READY=1") }

  /// A reload begins; ``ready()`` ends it. The time on CLOCK_MONOTONIC is what `Type=notify-reload` of systemd 253 and later
  /// asks for; earlier ones pass over it.
  public static func reloading() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    send("RELOADING=1\nMONOTONIC_USEC=\(Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)")
  }

  /// Shutting down on purpose; the watchdog is not expected any more.
  public static func stopping() { send("STOPPING=1") }

  /// The main loop did its work. Call it from there and never from a timer of its own: a loop that hangs must miss it.
  public static func watchdog() { send("WATCHDOG=1") }

  /// One line for `systemctl status`. Line breaks become spaces, because they end a field.
  public static func status(_ text: String) {
    send("STATUS=" + text.map { $0.isNewline ? " " : String($0) }.joined())
  }

  /// How often the service manager expects ``watchdog()``, nil when it does not. Call it at a third of this.
  public static var watchdogInterval: Duration? {
    var microseconds: UInt64 = 0
    guard sd_watchdog_enabled(0, &microseconds) > 0, microseconds > 0 else { return nil }
    return .microseconds(Int64(clamping: microseconds))
  }

  /// True when a service manager waits for our messages.
  public static var isSupervised: Bool { getenv("NOTIFY_SOCKET") != nil }

  /// True when the journal takes our standard error: it then stamps each line, and reads a `<3>` at its start as its level
  /// (sd-daemon(3)).
  public static var logsToJournal: Bool { getenv("JOURNAL_STREAM") != nil }

  private static func send(_ state: String) { sd_notify(0, state) }
}
