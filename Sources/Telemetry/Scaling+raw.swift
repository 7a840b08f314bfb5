extension Scaling {
  /// Why a value in the tag's unit has no raw value.
  public enum NoRawValue: Error, Hashable, Sendable, CustomStringConvertible {
    /// A raw whole number lies on either side: these, in the tag's unit, can be written.
    case between(Double, Double)
    /// Its raw value would not fit into 64 bits, or it is not a finite number.
    case beyond

    public var description: String {
      switch self {
      case .between(let lower, let upper): "it lies between \(lower) and \(upper), the nearest values that exist"
      case .beyond: "it is too large, or not a number"
      }
    }
  }

  /// The raw value whose engineering value is `engineering`: the inverse of ``apply(_:)``.
  ///
  /// For integers there must be one exactly; for floats the nearest is taken. A boolean is 0 or 1.
  public func raw(for engineering: Double, as type: ValueType) throws(NoRawValue) -> Value {
    guard engineering.isFinite else { throw .beyond }
    let raw = (engineering * Self.powersOfTen[decimals] - Double(offset)) / Double(multiplier)
    switch type {
    case .float32:
      let float = Float(isIdentity ? engineering : raw)
      guard float.isFinite else { throw .beyond }
      return .float32(float)
    case .float64: return .float64(isIdentity ? engineering : raw)
    case .text: throw .beyond
    case .boolean, .integer:
      let value = Value.integer(try nearestInteger(raw, to: engineering))
      guard type == .boolean else { return value }
      guard let flag = value == .integer(1) ? true : value == .integer(0) ? false : nil else { throw .beyond }
      return .boolean(flag)
    }
  }

  private func nearestInteger(_ raw: Double, to engineering: Double) throws(NoRawValue) -> Int64 {
    guard let middle = Int64(exactly: raw.rounded()) else { throw .beyond }
    // The division above may be off by some units in the last place; the forward direction is exact, so it decides.
    let candidates = [middle, middle &- 1, middle &+ 1]
    if let exact = candidates.first(where: { apply(.integer($0)) == engineering }) { return exact }
    let values = candidates.map { apply(.integer($0)) }
    guard let lower = values.filter({ $0 < engineering }).max(), let upper = values.filter({ $0 > engineering }).min()
    else { throw .beyond }
    throw .between(lower, upper)
  }
}
