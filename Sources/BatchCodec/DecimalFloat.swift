/// Floats that someone wrote as decimal numbers (21.5, 0.02): as integers of 10^-decimals they are small and their
/// differences smaller still, where their binary patterns are as wild as noise.
enum DecimalFloat {
  static let maximumDecimals = 6
  static let powersOfTen: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6]
  /// Beyond, not every integer is a double.
  private static let bound = 9_007_199_254_740_992.0

  /// The double nearest to `units` / 10^decimals, rounded to a float where `isSingle`, as bits.
  static func bits(_ units: Int64, decimals: Int, isSingle: Bool) -> Int64 {
    let value = Double(units) / powersOfTen[decimals]
    return isSingle ? Int64(Float(value).bitPattern) : Int64(bitPattern: value.bitPattern)
  }

  /// The fewest decimals with which every value comes back bit for bit, and the integers; nil when there are none.
  static func units(_ values: [Int64], isSingle: Bool) -> (decimals: Int, units: [Int64])? {
    search: for decimals in 0...maximumDecimals {
      let scale = powersOfTen[decimals]
      var result: [Int64] = []
      for bits in values {
        let value = number(bits, isSingle)
        guard value.isFinite else { return nil }
        // Where floats lie as close as the decimals, every float is one, and nothing is won.
        if isSingle, result.isEmpty, Double(Float(value).ulp) * scale > 0.5 { return nil }
        let scaled = (value * scale).rounded()
        guard abs(scaled) < bound else { return nil }
        let units = Int64(scaled)
        guard Self.bits(units, decimals: decimals, isSingle: isSingle) == bits else { continue search }
        if result.isEmpty { result.reserveCapacity(values.count) }
        result.append(units)
      }
      return (decimals, result)
    }
    return nil
  }

  /// The fewest decimals with which one double comes back bit for bit, and its integer; nil when there are none.
  static func units(of bits: Int64) -> (decimals: Int, units: Int64)? {
    let value = Double(bitPattern: UInt64(bitPattern: bits))
    guard value.isFinite else { return nil }
    for decimals in 0...maximumDecimals {
      let scaled = (value * powersOfTen[decimals]).rounded()
      guard abs(scaled) < bound else { return nil }
      if Self.bits(Int64(scaled), decimals: decimals, isSingle: false) == bits { return (decimals, Int64(scaled)) }
    }
    return nil
  }

  private static func number(_ bits: Int64, _ isSingle: Bool) -> Double {
    isSingle
      ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))) : Double(bitPattern: UInt64(bitPattern: bits))
  }
}
