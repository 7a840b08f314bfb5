/// What may be written to a tag that is writable, in the tag's unit. Without a bound, the tag's type is the bound.
public struct WriteLimits: Hashable, Sendable {
  /// Never above `maximum`.
  public var minimum: DecimalNumber?
  public var maximum: DecimalNumber?
  /// More than 0. Values are `minimum`, or 0 without one, plus a whole number of steps.
  public var step: DecimalNumber?

  /// Whatever the type holds.
  public static let any = Self()

  public init(minimum: DecimalNumber? = nil, maximum: DecimalNumber? = nil, step: DecimalNumber? = nil) {
    self.minimum = minimum
    self.maximum = maximum
    self.step = step
  }

  /// Why a value may not be written, in one line; nil when it may.
  public func objection(to value: Double) -> String? {
    if let minimum, value < minimum.doubleValue {
      return "\(Self.text(value)) is below the minimum of \(Self.text(minimum.doubleValue))"
    }
    if let maximum, value > maximum.doubleValue {
      return "\(Self.text(value)) is above the maximum of \(Self.text(maximum.doubleValue))"
    }
    guard let step else { return nil }
    let start = minimum?.doubleValue ?? 0
    let steps = ((value - start) / step.doubleValue).rounded()
    // Both sides were rounded to doubles; a real step is at least 10^-9.
    let nearest = start + steps * step.doubleValue
    guard (value - nearest).magnitude > step.doubleValue * 1e-6 else { return nil }
    return
      "\(Self.text(value)) is not a whole number of steps of \(Self.text(step.doubleValue)) from \(Self.text(start))"
  }

  /// Whole numbers without a point.
  private static func text(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
