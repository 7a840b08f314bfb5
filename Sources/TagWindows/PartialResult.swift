/// The sum of some neighbouring samples: what two of them need to be joined to the sum of both.
///
/// Only ever joined, nothing is taken off again, so errors of rounding do not add up while a window slides.
struct PartialResult: Hashable, Sendable {
  enum Kind: UInt8, Sendable {
    /// Nothing is summed.
    case none
    /// `first` is the sum of the values, `second` what rounding lost of it (Neumaier, 1974).
    case sum
    /// `first` is the mean, `second` the sum of the squared distances from it (Welford, 1962; Chan, Golub, LeVeque,
    /// 1979).
    case deviation
    case minimum
    case maximum
    /// As `sum`, of value times milliseconds.
    case area
  }

  var count = 0
  var first = 0.0
  var second = 0.0

  mutating func add(_ value: Double, _ kind: Kind) {
    count += 1
    switch kind {
    case .none: break
    case .sum, .area: addCompensated(value)
    case .deviation:
      let distance = value - first
      first += distance / Double(count)
      second += distance * (value - first)
    case .minimum: first = count == 1 ? value : min(first, value)
    case .maximum: first = count == 1 ? value : max(first, value)
    }
  }

  /// Joins what follows it.
  mutating func append(_ later: Self, _ kind: Kind) {
    if later.count == 0 { return }
    if count == 0 {
      self = later
      return
    }
    let total = count + later.count
    switch kind {
    case .none: break
    case .sum, .area:
      addCompensated(later.first)
      second += later.second
    case .deviation:
      let distance = later.first - first
      let share = Double(later.count) / Double(total)
      second += later.second + distance * distance * Double(count) * share
      first += distance * share
    case .minimum: first = min(first, later.first)
    case .maximum: first = max(first, later.first)
    }
    count = total
  }

  private mutating func addCompensated(_ value: Double) {
    let sum = first + value
    second += first.magnitude >= value.magnitude ? (first - sum) + value : (value - sum) + first
    first = sum
  }

  /// Of the kinds `sum` and `area`.
  var total: Double { first + second }
}
