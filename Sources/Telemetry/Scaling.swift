/// From a raw value to its engineering unit: `raw × multiplier + offset`, in exact decimal.
///
/// Both numbers are kept as integers in units of 10^-decimals, because `234 × 0.1` is 23.400000000000002 in binary
/// but 23.4 on the sensor's display: the sum is formed exactly and divided once.
public struct Scaling: Hashable, Sendable {
  /// The multiplier in units of 10^-decimals; never 0.
  public let multiplier: Int64
  /// The offset in units of 10^-decimals.
  public let offset: Int64
  /// Digits after the decimal point, 0 to 9.
  public let decimals: Int

  public static let maximumDecimals = 9
  /// Bound of `multiplier` and `offset`: 15 digits, which a Double holds exactly.
  public static let maximumMagnitude: Int64 = 1_000_000_000_000_000

  public static let identity = Self(uncheckedMultiplier: 1, offset: 0, decimals: 0)

  private init(uncheckedMultiplier: Int64, offset: Int64, decimals: Int) {
    self.multiplier = uncheckedMultiplier
    self.offset = offset
    self.decimals = decimals
  }

  /// Nil when a number is out of its range.
  public init?(multiplier: Int64, offset: Int64, decimals: Int) {
    guard multiplier != 0, multiplier.magnitude <= UInt64(Self.maximumMagnitude),
      offset.magnitude <= UInt64(Self.maximumMagnitude), (0...Self.maximumDecimals).contains(decimals)
    else { return nil }
    self.init(uncheckedMultiplier: multiplier, offset: offset, decimals: decimals)
  }

  /// From two decimal numbers; nil when their sum of digits does not fit the ranges above.
  public init?(multiplier: DecimalNumber, offset: DecimalNumber) {
    let decimals = max(multiplier.decimals, offset.decimals)
    guard let scaledMultiplier = multiplier.units(decimals: decimals),
      let scaledOffset = offset.units(decimals: decimals)
    else { return nil }
    self.init(multiplier: scaledMultiplier, offset: scaledOffset, decimals: decimals)
  }

  public var isIdentity: Bool { self == .identity }

  static let powersOfTen: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

  /// The value in the tag's unit. Integers are exact to the last digit a Double can show.
  public func apply(_ value: Value) -> Double {
    switch value {
    case .boolean(let flag): return apply(integer: flag ? 1 : 0)
    case .integer(let integer): return apply(integer: integer)
    case .float32(let float): return apply(float: Double(float))
    case .float64(let double): return apply(float: double)
    }
  }

  private func apply(integer: Int64) -> Double {
    let (product, overflow) = integer.multipliedReportingOverflow(by: multiplier)
    let (sum, overflow2) = product.addingReportingOverflow(offset)
    guard !overflow, !overflow2 else { return apply(float: Double(integer)) }
    return Double(sum) / Self.powersOfTen[decimals]
  }

  private func apply(float: Double) -> Double {
    isIdentity ? float : (float * Double(multiplier) + Double(offset)) / Self.powersOfTen[decimals]
  }
}

/// A decimal number as it was written: `-0.25` is -25 units of 10^-2.
public struct DecimalNumber: Hashable, Sendable {
  /// The digits without the point.
  public let units: Int64
  /// Digits after the point, 0 to 9.
  public let decimals: Int

  public static let zero = Self(units: 0, decimals: 0)
  public static let one = Self(units: 1, decimals: 0)

  public init(units: Int64, decimals: Int) {
    self.units = units
    self.decimals = decimals
  }

  /// Reads `12`, `-0.25`, `1e-3`, `+4.5E2`; at most 15 significant digits and 9 after the point. Nil for anything else.
  public init?(text: some StringProtocol) {
    var units: Int64 = 0
    var decimals = 0
    var digits = 0
    var sawPoint = false
    var rest = Substring(text).utf8[...]
    let negative = rest.first == UInt8(ascii: "-")
    if negative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    while let character = rest.first {
      if character == UInt8(ascii: "."), !sawPoint {
        sawPoint = true
      } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) {
        let (product, overflow) = units.multipliedReportingOverflow(by: 10)
        guard !overflow, product <= Scaling.maximumMagnitude * 10 else { return nil }
        units = product + Int64(character - UInt8(ascii: "0"))
        digits += 1
        if sawPoint { decimals += 1 }
      } else {
        break
      }
      rest = rest.dropFirst()
    }
    guard digits > 0 else { return nil }
    if let mark = rest.first {
      guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E"), let exponent = Int(Substring(rest.dropFirst())),
        (-30...30).contains(exponent)
      else { return nil }
      decimals -= exponent
    }
    while decimals > 0, units % 10 == 0 {
      units /= 10
      decimals -= 1
    }
    while decimals < 0 {
      let (product, overflow) = units.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      units = product
      decimals += 1
    }
    guard decimals <= Scaling.maximumDecimals, units <= Scaling.maximumMagnitude else { return nil }
    self.init(units: negative ? -units : units, decimals: decimals)
  }

  /// The number in units of 10^-decimals, or nil when it does not fit.
  func units(decimals target: Int) -> Int64? {
    guard target >= decimals else { return nil }
    var result = units
    for _ in decimals..<target {
      let (product, overflow) = result.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      result = product
    }
    return result
  }

  public var doubleValue: Double { Double(units) / Scaling.powersOfTen[decimals] }
}
