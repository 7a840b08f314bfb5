import GatewayConfiguration
import Glibc
import Telemetry

/// Which stored values are wanted.
enum ReplayBounds {
  /// - Parameters:
  ///   - from: a time as in tables, or a duration before now such as `2h`; nil: from the first on.
  ///   - until: the same; itself left out; nil: to the last.
  static func range(from: String?, until: String?, now: Timestamp) throws -> Range<Timestamp> {
    let first = try from.map { try time($0, "--from", now) } ?? Timestamp(milliseconds: .min)
    let last = try until.map { try time($0, "--to", now) } ?? Timestamp(milliseconds: .max)
    guard first < last else {
      throw ReplayRun.Failure(description: "--from \(from ?? "") is not before --to \(until ?? "")")
    }
    return first..<last
  }

  private static func time(_ text: String, _ option: String, _ now: Timestamp) throws -> Timestamp {
    if let duration = Quantity.duration(text) {
      return Timestamp(milliseconds: now.milliseconds - duration.wholeMilliseconds)
    }
    if let time = ReplayTime(text) { return time.isLocal ? utc(time.time) : time.time }
    throw ReplayRun.Failure(
      description: "\(option) \(text): give a time such as 2026-05-01T10:00:00Z or '2026-05-01 12:00', or a duration "
        + "before now such as 2h")
  }

  /// What the site's clock showed is turned into UTC.
  private static func utc(_ local: Timestamp) -> Timestamp {
    let milliseconds = (local.milliseconds % 1_000 + 1_000) % 1_000
    var seconds = time_t((local.milliseconds - milliseconds) / 1_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    parts.tm_isdst = -1
    return Timestamp(milliseconds: Int64(mktime(&parts)) * 1_000 + milliseconds)
  }

  static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
