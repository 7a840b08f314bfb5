/// A fault put into a stream, with the time in which it must be found. Sizes are in standard deviations of the noise.
public enum PlantedFault: Hashable, Sendable {
  /// One sample.
  case spike(Double)
  case step(Double)
  /// Grows to its size over a thousand samples.
  case ramp(Double)
  /// The same reading for 300 samples.
  case stuck
  /// 0 for 20 samples.
  case dropout
  /// 65,535 for 20 samples: all bits set.
  case fullScale

  public static let tabled: [Self] =
    [4, 6, 8, 12].map(Self.spike) + [1, 2, 4].map(Self.step) + [2, 4, 8].map(Self.ramp)
    + [.stuck, .dropout, .fullScale]

  /// Samples after its begin in which an alarm counts as found.
  public var window: Int {
    switch self {
    case .spike, .dropout, .fullScale: 60
    case .step, .stuck: 300
    case .ramp: 1_300
    }
  }

  public var name: String {
    switch self {
    case .spike(let size): "spike \(Int(size))"
    case .step(let size): "step \(Int(size))"
    case .ramp(let size): "ramp \(Int(size))"
    case .stuck: "stuck"
    case .dropout: "dropout"
    case .fullScale: "full-scale"
    }
  }

  /// The sample at `index` after the begin of the fault, of a stream that has `value` there and had `first` at the begin.
  public func apply(to value: Double, at index: Int, first: Double, sigma: Double) -> Double {
    switch self {
    case .spike(let size): index == 0 ? value + size * sigma : value
    case .step(let size): value + size * sigma
    case .ramp(let size): value + size * sigma * min(1, Double(index + 1) / 1_000)
    case .stuck: first
    case .dropout: index < 20 ? 0 : value
    case .fullScale: index < 20 ? 65_535 : value
    }
  }
}
