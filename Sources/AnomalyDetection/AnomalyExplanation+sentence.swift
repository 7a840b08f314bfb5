extension AnomalyExplanation {
  /// One line that a technician understands: `supply_temp 71.3 °C; not seen before, nearest known 64.8 °C, usual range 48
  /// to 66 °C`.
  ///
  /// - Parameters:
  ///   - tag: as people call it.
  ///   - unit: of the tag; may be empty.
  ///   - decimals: digits after the point that the tag has; nil when its type does not tell, and three digits of the usual
  ///     range are shown.
  public func sentence(tag: String, unit: String, decimals: Int?) -> String {
    let quantity = Quantity(unit: unit, decimals: decimals ?? decimalsOfRange)
    let now = "\(tag) \(quantity.text(value)); "
    switch context {
    case .value:
      guard usualLow < usualHigh else { return now + "not seen before, always \(quantity.text(usualLow)) until now" }
      return now + "not seen before, nearest known \(quantity.text(nearestKnown)), usual range "
        + quantity.text(usualLow, usualHigh)
    case .season(let hour, let mean, let spread):
      let (low, high) = (mean - 2 * spread, mean + 2 * spread)
      let clock = "\(hour < 10 ? "0" : "")\(hour):00"
      let fine = quantity.showing(spread)
      let subject = low...max(low, high) ~= value ? "readings of late were unusual" : "unusual"
      return now + "\(subject) for this hour of day: usual is \(fine.text(low, high)) at \(clock)"
    case .shift(let recent, let longTerm):
      let fine = quantity.showing(signal)
      let means = "\(fine.text(recent)) of late, \(fine.text(longTerm)) over a longer time"
      let usual = usualLow < usualHigh ? "usual is \(fine.text(usualLow, usualHigh))" : "it never moved before"
      return now + "has moved \(signal < 0 ? "down" : "up") by \(fine.text(signal.magnitude)) (\(means)); \(usual)"
    case .flat(let seconds, let before):
      let longest = before > 0 ? ", before at most for \(ReadableNumber.time(seconds: before))" : ""
      return now + "has not changed for \(ReadableNumber.time(seconds: seconds))\(longest)"
    }
  }

  private var decimalsOfRange: Int {
    switch context {
    case .value, .shift:
      usualHigh > usualLow
        ? ReadableNumber.decimals(showing: 3, of: usualHigh - usualLow)
        : ReadableNumber.decimals(showing: 3, of: value - usualLow)
    case .season(_, _, let spread): ReadableNumber.decimals(showing: 2, of: spread)
    case .flat: ReadableNumber.decimals(showing: 6, of: value)
    }
  }

  private struct Quantity {
    var unit: String
    var decimals: Int

    func text(_ number: Double) -> String { ReadableNumber.text(number, decimals: decimals) + suffix }

    func text(_ low: Double, _ high: Double) -> String {
      "\(ReadableNumber.text(low, decimals: decimals)) to \(text(high))"
    }

    /// With more digits when two digits of a number need them: means of whole numbers are not whole.
    func showing(_ number: Double) -> Self {
      Self(unit: unit, decimals: max(decimals, ReadableNumber.decimals(showing: 2, of: number)))
    }

    private var suffix: String { unit.isEmpty ? "" : " \(unit)" }
  }
}
