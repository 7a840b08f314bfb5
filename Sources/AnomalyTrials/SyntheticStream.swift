import FieldgateTestKit
import Glibc

/// Streams without anomalies on which false alarms are counted, and into which faults are put. Noise has the standard
/// deviation 1 and the level is 100, so that a reading of 0 is a fault.
public enum SyntheticStream: String, CaseIterable, Sendable {
  case whiteNoise
  /// Each value keeps 0.95 of the one before: a slow, correlated noise of standard deviation 1.
  case autoregressive
  /// A sine of amplitude 4 and 288 samples, with noise.
  case dailySine
  /// Noise with heavy tails.
  case studentT3
  /// Counts with the mean 20.
  case poisson20
  /// White noise rounded to halves.
  case quantised
  /// On and off by turns, 40 and 80 samples give or take a quarter, 90 apart, with noise.
  case dutyCycle
  case randomWalk

  public static let level = 100.0

  /// The standard deviation of its noise.
  public var sigma: Double { self == .poisson20 ? 20.0.squareRoot() : 1 }

  public func values(count: Int, seed: UInt64, samplesPerDay: Int = 288) -> [Double] {
    var noise = Noise(seed: seed &* 0x1_0000 &+ UInt64(Self.allCases.firstIndex(of: self) ?? 0))
    var values: [Double] = []
    values.reserveCapacity(count)
    var memory = 0.0
    var isOn = false
    var switchAt = 0
    for index in 0..<count {
      switch self {
      case .whiteNoise: values.append(Self.level + noise.normal())
      case .autoregressive:
        memory = 0.95 * memory + (1 - 0.95 * 0.95).squareRoot() * noise.normal()
        values.append(Self.level + memory)
      case .dailySine:
        let angle = 2 * Double.pi * Double(index % samplesPerDay) / Double(samplesPerDay)
        values.append(Self.level + 4 * sin(angle) + noise.normal())
      case .studentT3:
        // Three squares over three: Student's t, scaled to the standard deviation 1.
        let squares = (0..<3).reduce(0) { sum, _ in
          let part = noise.normal()
          return sum + part * part
        }
        values.append(Self.level + noise.normal() / (squares / 3).squareRoot() / 3.0.squareRoot())
      case .poisson20: values.append(Self.level + noise.poisson(mean: 20))
      case .quantised: values.append(((Self.level + noise.normal()) * 2).rounded() / 2)
      case .dutyCycle:
        if index == switchAt {
          isOn.toggle()
          switchAt += Int(noise.uniform(in: isOn ? 30..<50 : 60..<100))
        }
        values.append(Self.level + (isOn ? 90 : 0) + noise.normal())
      case .randomWalk:
        memory += noise.normal()
        values.append(Self.level + memory)
      }
    }
    return values
  }
}
