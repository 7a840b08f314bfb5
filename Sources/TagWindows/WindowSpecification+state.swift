import Telemetry

extension WindowSpecification {
  /// Every number of it, so that a saved window is taken up by one of the same specification only.
  func save(to writer: inout StateWriter) {
    switch shape {
    case .tumbling(let length): put(1, length, .zero, &writer)
    case .hopping(let length, let every): put(2, length, every, &writer)
    case .sliding(let length): put(3, length, .zero, &writer)
    case .session(let timeout, let longest): put(4, timeout, longest, &writer)
    case .count(let samples, let every):
      writer.put(UInt8(5))
      writer.put(Int64(samples))
      writer.put(Int64(every))
    }
    writer.put(function.code)
    switch function {
    case .percentile(let percent): writer.put(percent)
    case .rate(let base), .integral(let base): writer.put(base.milliseconds)
    case .timeInState(let condition): put(condition, &writer)
    default: break
    }
    writer.put(UInt16(tags))
    writer.put(lateness.wholeMilliseconds)
    writer.put(maximumGap.wholeMilliseconds)
    writer.put(minimumCoverage)
    put(only, &writer)
    writer.put(offset.wholeMilliseconds)
    writer.put(UInt32(points))
  }

  private func put(_ code: UInt8, _ first: Duration, _ second: Duration, _ writer: inout StateWriter) {
    writer.put(code)
    writer.put(first.wholeMilliseconds)
    writer.put(second.wholeMilliseconds)
  }

  private func put(_ condition: SampleCondition?, _ writer: inout StateWriter) {
    let code: UInt8 =
      switch condition {
      case nil: 0
      case .above: 1
      case .below: 2
      case .equals: 3
      case .differs: 4
      }
    writer.put(code)
    writer.put(condition?.bound ?? 0)
  }
}

extension WindowFunction {
  /// In saved states: never renumbered, only added to.
  fileprivate var code: UInt8 {
    switch self {
    case .mean: 1
    case .timeWeightedMean: 2
    case .minimum: 3
    case .maximum: 4
    case .sum: 5
    case .count: 6
    case .standardDeviation: 7
    case .populationDeviation: 8
    case .percentile: 9
    case .median: 10
    case .first: 11
    case .last: 12
    case .difference: 13
    case .increase: 14
    case .rate: 15
    case .timeInState: 16
    case .integral: 17
    }
  }
}
