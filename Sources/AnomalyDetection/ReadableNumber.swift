/// Numbers and times as a technician writes them.
enum ReadableNumber {
  private static let powersOfTen: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
  /// Beyond this a Double has no digits to spare.
  private static let greatest = 1e15

  /// Rounded to so many digits after the point, without zeros at the end: `48`, `-0.25`.
  static func text(_ number: Double, decimals: Int) -> String {
    let decimals = min(max(decimals, 0), powersOfTen.count - 1)
    let units = (number * powersOfTen[decimals]).rounded()
    guard units.magnitude < greatest else { return "\(number)" }
    let magnitude = UInt64(units.magnitude)
    let power = UInt64(powersOfTen[decimals])
    var fraction = String(magnitude % power)
    fraction = decimals == 0 ? "" : String(repeating: "0", count: decimals - fraction.utf8.count) + fraction
    while fraction.hasSuffix("0") { fraction.removeLast() }
    let sign = units < 0 ? "-" : ""
    return "\(sign)\(magnitude / power)\(fraction.isEmpty ? "" : ".")\(fraction)"
  }

  /// Digits after the point that show so many digits of a number, 0 to 9.
  static func decimals(showing digits: Int, of number: Double) -> Int {
    var decimals = digits - 1
    var rest = number.magnitude
    guard rest > 0, rest.isFinite else { return 0 }
    while rest < 1, decimals < powersOfTen.count - 1 {
      rest *= 10
      decimals += 1
    }
    while rest >= 10, decimals > 0 {
      rest /= 10
      decimals -= 1
    }
    return decimals
  }

  /// Two units at most: `45 s`, `2 h 35 min`, `3 d 4 h`.
  static func time(seconds: Double) -> String {
    let units: [(name: String, seconds: Int64)] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    let whole = Int64(min(max(seconds.rounded(), 0), 1e12))
    let largest = units.firstIndex { whole >= $0.seconds } ?? units.count - 1
    let count = whole / units[largest].seconds
    var text = "\(count) \(units[largest].name)"
    if largest + 1 < units.count {
      let rest = whole % units[largest].seconds / units[largest + 1].seconds
      if rest > 0 { text += " \(rest) \(units[largest + 1].name)" }
    }
    return text
  }
}
