import Glibc
public import Telemetry

/// What a simulated value does over time: a function of a seed and of the time since the simulation began.
///
/// The same seed and time always give the same value, so a test can compute what a gateway must have read.
/// Periods are in seconds, noise is the largest distance from the undisturbed value.
public enum Signal: Hashable, Sendable {
  case constant(Double)
  /// Swings around `mean`; `noise` is drawn anew ten times a second.
  case sine(mean: Double, amplitude: Double, periodSeconds: Double, noise: Double = 0)
  /// Counts up evenly, in whole steps.
  case counter(start: Double = 0, perSecond: Double)
  /// Grows evenly, in fractions: energy, volume.
  case meter(start: Double = 0, perHour: Double)
  /// 1 for `onSeconds`, then 0 for `offSeconds`, and again; the other way round when it begins off.
  case toggle(onSeconds: Double, offSeconds: Double, beginsOn: Bool = true)
  /// `normal` for `normalSeconds`, then `high` for `highSeconds`, and again.
  case alarm(normal: Double, normalSeconds: Double, high: Double, highSeconds: Double, noise: Double = 0)
  /// Rises evenly from `low` to `high`, then falls back at once.
  case sawtooth(low: Double, high: Double, periodSeconds: Double)
  /// How often the value was read: 1 at the first read. Only its ``SimulatedDevice`` knows; as a function it is 0.
  ///
  /// A read counts when a good reply is sent. So consecutive good scans of a gateway differ by one, and a gap in what
  /// arrives at the far end is a lost scan.
  case scanCounter

  /// The value in the tag's unit.
  ///
  /// - Parameters:
  ///   - seed: sets the noise, and where in its period a sine begins.
  ///   - time: since the start of the simulation.
  public func value(seed: UInt64, at time: MonotonicTime) -> Double {
    let seconds = Double(time.nanoseconds) / 1e9
    switch self {
    case .constant(let value): return value
    case .sine(let mean, let amplitude, let period, let noise):
      let phase = Double(SplitMix64.mix(seed) >> 40) / Double(1 << 24)
      return mean + amplitude * sin(2 * .pi * (seconds / period + phase)) + Self.noise(noise, seed: seed, at: time)
    case .counter(let start, let perSecond): return start + (seconds * perSecond).rounded(.down)
    case .meter(let start, let perHour): return start + seconds * perHour / 3_600
    case .toggle(let on, let off, true): return Self.isFirst(on, then: off, at: seconds) ? 1 : 0
    case .toggle(let on, let off, false): return Self.isFirst(off, then: on, at: seconds) ? 0 : 1
    case .alarm(let normal, let normalSeconds, let high, let highSeconds, let noise):
      let level = Self.isFirst(normalSeconds, then: highSeconds, at: seconds) ? normal : high
      return level + Self.noise(noise, seed: seed, at: time)
    case .sawtooth(let low, let high, let period):
      return low + (high - low) * (seconds / period - (seconds / period).rounded(.down))
    case .scanCounter: return 0
    }
  }

  private static func isFirst(_ first: Double, then second: Double, at seconds: Double) -> Bool {
    seconds.truncatingRemainder(dividingBy: first + second) < first
  }

  /// Even in -amplitude...amplitude.
  private static func noise(_ amplitude: Double, seed: UInt64, at time: MonotonicTime) -> Double {
    guard amplitude != 0 else { return 0 }
    let step = UInt64(bitPattern: time.nanoseconds / 100_000_000)
    let bits = SplitMix64.mix(seed &+ step &* 0x9e37_79b9_7f4a_7c15)
    return amplitude * (Double(bits >> 11) / Double(1 << 52) - 1)
  }
}
