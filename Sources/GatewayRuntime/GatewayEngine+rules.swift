import GatewayConfiguration
import GatewayCore
import Logging
import RuleEngine
import Telemetry

/// What the rules need to begin and to go on.
extension GatewayEngine {
  /// In the site's time zone; nil while the clock is not trusted. Asked for with each scan, so the system's calendar is asked
  /// once a minute only.
  var minuteOfWeek: Int? {
    guard clockTrust.isTrusted else { return nil }
    let wall = outside.clock.wall()
    let minute = wall.milliseconds / 60_000
    if minute != knownMinute.since1970 { knownMinute = (minute, outside.clock.minuteOfWeek(wall)) }
    return knownMinute.ofWeek
  }

  /// The store says for the first time which alarms were active. Rules that were judged before keep the rest of their state.
  func beginRules(active: Set<String>, now: MonotonicTime) {
    let saved = rules.saved(now: now)
    rules = RuleEngine(rules: settings.rules, activeAlarms: active, start: now)
    restoreRules(saved, elapsed: .zero, now: now)
  }

  /// - Parameter elapsed: since they were saved.
  func restoreRules(_ bytes: [UInt8], elapsed: Duration, now: MonotonicTime) {
    do {
      try rules.restore(bytes, elapsed: elapsed, now: now)
    } catch {
      log.warning("the saved state of the rules is not used: \(error); they begin anew")
    }
  }
}
