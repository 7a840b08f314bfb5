import FieldgateTestKit
import Glibc

/// Random numbers of the usual distributions, from a seed.
public struct Noise {
  private var generator: SplitMix64
  private var spare: Double?

  public init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  public mutating func uniform(in range: Range<Double> = 0..<1) -> Double {
    let part = Double(generator.next() >> 11) * 0x1p-53
    return range.lowerBound + part * (range.upperBound - range.lowerBound)
  }

  /// Mean 0, standard deviation 1, after Box and Muller.
  public mutating func normal() -> Double {
    if let number = spare {
      spare = nil
      return number
    }
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spare = radius * sin(angle)
    return radius * cos(angle)
  }

  /// By counting waiting times.
  public mutating func poisson(mean: Double) -> Double {
    let limit = exp(-mean)
    var product = uniform()
    var count = 0.0
    while product > limit {
      product *= uniform()
      count += 1
    }
    return count
  }
}
