/// An independent, ordered row of batches. Alarms go before telemetry.
public enum Lane: UInt8, Sendable, CaseIterable, Comparable {
  case alarms = 1
  case telemetry = 2

  public var name: String {
    switch self {
    case .alarms: "alarms"
    case .telemetry: "telemetry"
    }
  }

  public init?(name: some StringProtocol) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }

  /// Alarms first.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The life of one store: 128 random bits, taken anew whenever a store is made or its past is in doubt, so that batch
/// numbers are never used twice for different data.
public struct Epoch: Hashable, Sendable, CustomStringConvertible {
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  public init(using generator: inout some RandomNumberGenerator) {
    self.init(high: generator.next(), low: generator.next())
  }

  /// 32 lower-case hexadecimal digits.
  public init?(text: some StringProtocol) {
    guard text.utf8.count == 32, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
      let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  public var description: String {
    func digits(_ value: UInt64) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
    return digits(high) + digits(low)
  }
}
