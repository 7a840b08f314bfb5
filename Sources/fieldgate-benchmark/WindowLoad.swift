import TagWindows
import Telemetry

/// Samples of each second for windows, timed and counted.
enum WindowLoad: String, CaseIterable {
  /// Only reads the samples: what everything is compared with.
  case trivialLoop = "trivial_loop"
  case slidingMean = "sliding_600_mean"
  case slidingMinimum = "sliding_600_minimum"
  case slidingDeviation = "sliding_600_standard_deviation"
  case slidingTimeWeightedMean = "sliding_600_time_weighted_mean"
  case slidingPercentile = "sliding_600_percentile"
  case tumblingMean = "tumbling_600_mean"
  case slidingMeanLate = "sliding_600_mean_lateness_10_s"

  /// Values as a sensor with a digit of noise gives them.
  static func values(count: Int) -> [Double] {
    var state: UInt64 = 7
    return (0..<count).map { index in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return 20 + Double(index / 50 % 100) / 10 + Double(state >> 60) / 10
    }
  }

  /// Feeds all values; the sum of what came out, so that nothing can be left out as unused.
  func feed(_ values: [Double]) throws -> Double {
    switch self {
    case .trivialLoop: values.reduce(0, +)
    case .slidingMean: try window(.sliding(length: .seconds(600)), .mean, values)
    case .slidingMinimum: try window(.sliding(length: .seconds(600)), .minimum, values)
    case .slidingDeviation: try window(.sliding(length: .seconds(600)), .standardDeviation, values)
    case .slidingTimeWeightedMean: try window(.sliding(length: .seconds(600)), .timeWeightedMean, values)
    case .slidingPercentile: try window(.sliding(length: .seconds(600)), .percentile(95), values)
    case .tumblingMean: try window(.tumbling(length: .seconds(600)), .mean, values)
    case .slidingMeanLate: try window(.sliding(length: .seconds(600)), .mean, values, lateness: .seconds(10))
    }
  }

  private func window(
    _ shape: WindowShape, _ function: WindowFunction, _ values: [Double], lateness: Duration = .zero
  ) throws -> Double {
    var window = TagWindow(try WindowSpecification(shape, function, lateness: lateness))
    var sum = 0.0
    var time: Int64 = 1_700_000_000_000
    for value in values {
      window.take(value, quality: .good, time: Timestamp(milliseconds: time))
      while let result = window.next() { sum += result.value ?? 0 }
      time += 1_000
    }
    return sum
  }

  /// Nanoseconds a sample of the fastest of so many rounds: the others were disturbed.
  func nanoseconds(_ values: [Double], rounds: Int = 5) throws -> Double {
    var best = Double.infinity
    for _ in 0..<rounds {
      let watch = try Stopwatch.time {
        let sum = try feed(values)
        precondition(sum.isFinite)
      }
      best = min(best, watch.processor)
    }
    return best / Double(values.count) * 1e9
  }
}
