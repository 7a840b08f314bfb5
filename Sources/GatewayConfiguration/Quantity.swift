import Telemetry

/// Durations and sizes as people write them: a decimal number and a unit without which it is not accepted.
public enum Quantity {
  static let durationUnits: [(name: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1_000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]

  static let sizeUnits: [(name: String, bytes: Int64)] = [
    ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("B", 1),
  ]

  /// `1.5s` is 1,500 ms; nil when it is no duration, has parts of a millisecond or is beyond a thousand years.
  public static func duration(_ text: String) -> Duration? {
    amount(text, durationUnits.map { ($0.name, $0.milliseconds) }).map { .milliseconds($0) }
  }

  /// Bytes; nil when it is no size.
  static func size(_ text: String) -> Int64? { amount(text, sizeUnits.map { ($0.name, $0.bytes) }) }

  private static func amount(_ text: String, _ units: [(String, Int64)]) -> Int64? {
    let isDigit: (Character) -> Bool = { $0.isASCII && ($0.isNumber || $0 == ".") }
    let digits = text.prefix(while: isDigit)
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let number = DecimalNumber(text: digits), let factor = units.first(where: { $0.0 == unit })?.1 else {
      return nil
    }
    var divisor: Int64 = 1
    for _ in 0..<number.decimals { divisor *= 10 }
    let (product, overflow) = number.units.multipliedReportingOverflow(by: factor)
    guard !overflow, product % divisor == 0, product / divisor < 1 << 45 else { return nil }
    return product / divisor
  }

  /// As it is written in messages: the largest unit that leaves a whole number.
  static func text(bytes: Int64) -> String {
    for (name, factor) in [("GB", Int64(1_000_000_000)), ("MB", 1_000_000), ("kB", 1_000)]
    where bytes >= factor && bytes % factor == 0 {
      return "\(bytes / factor) \(name)"
    }
    return "\(bytes) B"
  }

  /// As it is written in messages.
  static func text(_ duration: Duration) -> String {
    let milliseconds = duration.wholeMilliseconds
    for (name, factor) in durationUnits.reversed() where name != "m" {
      if milliseconds >= factor, milliseconds % factor == 0 { return "\(milliseconds / factor) \(name)" }
    }
    return "\(milliseconds) ms"
  }
}
