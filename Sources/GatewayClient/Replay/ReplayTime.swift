import Glibc
import Telemetry

/// When a row was measured: on a line of time without jumps, and where it stands in the week of the site.
struct ReplayTime: Equatable {
  /// For a time without a zone, as if the site's clock showed UTC.
  var time: Timestamp
  /// 0 to 10,079; 0 is Monday at midnight.
  var minuteOfWeek: Int
  /// It had no zone.
  var isLocal = false

  /// `2026-11-26T04:05:06Z` with a zone, `2026-11-26 04:05[:06[.5]]` in the site's own time without one, or seconds since
  /// 1970. Nil for anything else.
  init?(_ text: String) {
    if let zoned = Timestamp(iso8601: text) {
      self.init(utc: zoned)
    } else if let local = Timestamp(iso8601: text + "Z") ?? Timestamp(iso8601: text + ":00Z") {
      self.init(time: local, minuteOfWeek: Self.minute(local))
      isLocal = true
    } else if let seconds = Double(text), seconds.magnitude < 1e11, text.utf8.allSatisfy({ $0 < 0x3a }) {
      self.init(utc: Timestamp(milliseconds: Int64((seconds * 1_000).rounded())))
    } else {
      return nil
    }
  }

  private init(time: Timestamp, minuteOfWeek: Int) {
    self.time = time
    self.minuteOfWeek = minuteOfWeek
  }

  init(utc: Timestamp) {
    var seconds = time_t((Double(utc.milliseconds) / 1_000).rounded(.down))
    var local = tm()
    localtime_r(&seconds, &local)
    self.init(
      time: utc, minuteOfWeek: (Int(local.tm_wday) + 6) % 7 * 1_440 + Int(local.tm_hour) * 60 + Int(local.tm_min))
  }

  /// 1970 began on a Thursday.
  private static func minute(_ time: Timestamp) -> Int {
    let minute = (time.milliseconds / 60_000 + 3 * 1_440) % 10_080
    return Int(minute < 0 ? minute + 10_080 : minute)
  }
}
