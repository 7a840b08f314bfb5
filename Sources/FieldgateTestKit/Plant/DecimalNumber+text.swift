import Telemetry

extension DecimalNumber {
  /// As it is written in a configuration: `0.1`, `-20`.
  var text: String {
    guard decimals > 0 else { return String(units) }
    let digits = String(units.magnitude)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return (units < 0 ? "-" : "") + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  /// 1 tenth, 1 hundredth …: scales of sensors.
  static let tenth = Self(units: 1, decimals: 1)
  static let hundredth = Self(units: 1, decimals: 2)
}
