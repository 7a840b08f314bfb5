import Glibc

/// What a simulated sensor shows: a pure function of seed and time, so that a run can be repeated and a value be foretold.
public enum Signal: Hashable, Sendable {
  case constant(Double)
  /// `mean ± amplitude` once a period, with noise of up to ± `noise`, new every second.
  case sine(mean: Double, amplitude: Double, period: Double, noise: Double)
  /// `offset + rate × seconds`, whole numbers.
  case counter(rate: Double, offset: Double)
  /// Grows without a step, like the reading of a meter.
  case meter(rate: Double, offset: Double)
  /// On for the first `duty` (0 to 1) of each period.
  case square(period: Double, duty: Double, low: Double, high: Double)
  /// How often the register itself has been read since the start: proves that no scan was lost or doubled.
  case scanCounter

  /// - Parameters:
  ///   - time: seconds since the simulation began.
  ///   - reads: only for ``scanCounter``.
  public func value(at time: Double, seed: UInt64, reads: UInt64) -> Double {
    switch self {
    case .constant(let value): value
    case .sine(let mean, let amplitude, let period, let noise):
      mean + amplitude * sin(2 * .pi * time / period) + noise * Self.noise(seed, UInt64(max(0, time)))
    case .counter(let rate, let offset): (offset + rate * time).rounded(.down)
    case .meter(let rate, let offset): offset + rate * time
    case .square(let period, let duty, let low, let high):
      time.truncatingRemainder(dividingBy: period) < period * duty ? high : low
    case .scanCounter: Double(reads)
    }
  }

  /// From -1 to 1.
  private static func noise(_ seed: UInt64, _ second: UInt64) -> Double {
    var generator = SplitMix64(seed: seed ^ second &* 0x9e37_79b9_7f4a_7c15)
    return Double(generator.next() >> 11) / Double(1 << 52) - 1
  }
}
