import GatewayConfiguration
import GatewayCore
import Telemetry

/// Which line settings a sweep tries, in which order, and how long that takes at most. Pure.
struct SweepPlan: Hashable, Sendable {
  struct Setting: Hashable, Sendable {
    var baud: Int
    var parity: SerialLine.Parity

    /// Two stop bits without parity (Modbus over serial line 1.02, section 2.5.1). A device with one takes the second for a
    /// pause, so both kinds are found.
    var stopBits: Int { parity == .none ? 2 : 1 }

    /// `19200 baud, even parity`
    var text: String { "\(baud) baud, \(parity == .none ? "no" : parity.rawValue) parity" }
  }

  /// The most common first.
  static let rates = [9_600, 19_200, 115_200, 38_400, 4_800, 57_600, 2_400, 1_200]
  /// Even is the specification's default; none is what most makers choose.
  static let parities: [SerialLine.Parity] = [.even, .none, .odd]

  /// All of a sweep, in order.
  static let settings = rates.flatMap { baud in parities.map { Setting(baud: baud, parity: $0) } }

  /// One question, and the silence that is its answer: 8 bytes there and 7 back, the time-out, the wait until the line is
  /// taken for quiet, the silence between frames.
  static func silentQuestion(_ setting: Setting, timeout: Duration) -> Duration {
    // With parity or with a second stop bit, a character has 11 bits.
    let costs = LineCosts.serial(baud: setting.baud, bits: 11)
    return costs.byte * 15 + timeout + max(.milliseconds(20), costs.silence) + costs.silence
  }

  /// The time of units that are all silent, with opening the port: what no sweep exceeds that finds nobody on a quiet line.
  static func longest(_ settings: [Setting], units: Int, timeout: Duration) -> Duration {
    settings.reduce(.zero) { $0 + timeout + silentQuestion($1, timeout: timeout) * units }
  }

  /// `43 s`, `12 min`, `3 h 5 min`; rounded up.
  static func text(_ duration: Duration) -> String {
    let (whole, rest) = duration.components
    let seconds = whole + (rest > 0 ? 1 : 0)
    guard seconds >= 120 else { return "\(seconds) s" }
    let minutes = (seconds + 59) / 60
    guard minutes >= 120 else { return "\(minutes) min" }
    return "\(minutes / 60) h" + (minutes % 60 == 0 ? "" : " \(minutes % 60) min")
  }
}
