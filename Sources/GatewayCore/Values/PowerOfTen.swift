/// The factor of a value whose device keeps its power of ten in a register of its own.
public struct PowerOfTen: Hashable, Sendable {
  /// Either way (SunSpec Device Information Model Specification 1.1: sunssf is -10 to 10).
  static let largestExponent: Int64 = 10

  private let isFraction: Bool
  private let power: Double

  /// Nil for an exponent beyond ±10, by which devices say that there is none.
  public init?(_ exponent: Int64) {
    guard exponent.magnitude <= UInt64(Self.largestExponent) else { return nil }
    isFraction = exponent < 0
    power = (0..<exponent.magnitude).reduce(1.0) { product, _ in product * 10 }
  }

  /// What the register's number means.
  func apply(to raw: Int64) -> Double {
    // Divided, not multiplied by 0.1: 2345 / 10 is the double nearest to 234.5.
    isFraction ? Double(raw) / power : Double(raw) * power
  }

  /// The register's number for a value; nil when no whole number means it.
  func raw(for value: Double) -> Int64? {
    let exact = isFraction ? value * power : value / power
    guard let raw = Int64(exactly: exact.rounded()) else { return nil }
    // Both are the nearest doubles of decimals; a real difference is at least one part in the register's 2^16.
    let difference = (apply(to: raw) - value).magnitude
    return difference <= value.magnitude * 1e-12 ? raw : nil
  }
}
