/// What is computed from the samples of a window. `docs/windows.md` defines each.
public enum WindowFunction: Hashable, Sendable {
  /// Sum of the values by their number.
  case mean
  /// Each value weighted by how long it held.
  case timeWeightedMean
  case minimum
  case maximum
  case sum
  /// How many values; never without a value itself.
  case count
  /// Of a sample: the squares are divided by one less than the number of values. Needs two.
  case standardDeviation
  /// Of a population: the squares are divided by the number of values.
  case populationDeviation
  /// Between the two nearest ranks, linearly (Hyndman and Fan's definition 7). 0 to 100.
  case percentile(Double)
  /// The 50th percentile.
  case median
  case first
  case last
  /// The last value less the first of the same window. Needs two.
  case difference
  /// The last value less the one that held when the window began, so that those of windows one behind the other add up.
  case increase
  /// The difference by the time between the two values, in units per time base. Needs two values of different times.
  case rate(per: TimeBase)
  /// Seconds in which the value fulfilled the condition.
  case timeInState(SampleCondition)
  /// Value by time, in unit times time base; a value holds until the next.
  case integral(per: TimeBase)

  /// Is computed from how long values held, rather than from the values alone.
  public var followsTime: Bool {
    switch self {
    case .timeWeightedMean, .timeInState, .integral: true
    default: false
    }
  }

  /// Makes sense for one tag only: its values must follow one another.
  public var needsOneTag: Bool {
    switch self {
    case .difference, .increase, .rate: true
    default: followsTime
    }
  }

  /// Needs every value of the window at its end.
  var needsEveryValue: Bool {
    switch self {
    case .percentile, .median: true
    default: false
    }
  }

  /// As it is written in a configuration.
  public var name: String {
    switch self {
    case .mean: "mean"
    case .timeWeightedMean: "time-weighted-mean"
    case .minimum: "minimum"
    case .maximum: "maximum"
    case .sum: "sum"
    case .count: "count"
    case .standardDeviation: "standard-deviation"
    case .populationDeviation: "population-deviation"
    case .percentile: "percentile"
    case .median: "median"
    case .first: "first"
    case .last: "last"
    case .difference: "difference"
    case .increase: "increase"
    case .rate: "rate"
    case .timeInState: "time-in-state"
    case .integral: "integral"
    }
  }

  /// The unit of the result for a tag of that unit; empty when there is none.
  public func unit(of tagUnit: String) -> String {
    switch self {
    case .count: ""
    case .timeInState: "s"
    case .rate(let base): tagUnit.isEmpty ? "1/\(base.symbol)" : "\(tagUnit)/\(base.symbol)"
    case .integral(let base): tagUnit.isEmpty ? base.symbol : "\(tagUnit)·\(base.symbol)"
    default: tagUnit
    }
  }

  /// What the two-stack sums of a window hold for it.
  var partialKind: PartialResult.Kind {
    switch self {
    case .mean, .sum: .sum
    case .standardDeviation, .populationDeviation: .deviation
    case .minimum: .minimum
    case .maximum: .maximum
    case .timeWeightedMean, .integral: .area
    default: .none
    }
  }
}
