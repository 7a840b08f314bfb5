import Telemetry

/// Means over the whole stream: a fast and a slow one, and the variance. Until enough was seen each is the plain mean.
struct StreamMeans: Hashable, Sendable {
  private(set) var fast = 0.0
  private(set) var slow = 0.0
  private(set) var centre = 0.0
  private(set) var variance = 0.0

  /// Steps after which every mean has its own weight, the slowest from step 500 on.
  private static let plainSteps = 1_000.0

  /// The recent mean less the long-term one.
  var shift: Double { fast - slow }

  /// - Parameter steps: of the stream before this sample.
  mutating func take(_ value: Double, steps: Double, _ weights: SmoothingWeights) {
    let plain = steps < Self.plainSteps ? weights.steps / (steps + weights.steps) : 0
    fast += max(weights.fast, plain) * (value - fast)
    slow += max(weights.slow, plain) * (value - slow)
    let weight = max(weights.variance, plain)
    let off = value - centre
    centre += weight * off
    variance = (1 - weight) * (variance + weight * off * off)
  }

  func save(to writer: inout StateWriter) {
    for number in [fast, slow, centre, variance] { writer.put(number) }
  }

  mutating func restore(from reader: inout AnomalyStateReader) throws(AnomalyStateError) {
    fast = try reader.double()
    slow = try reader.double()
    centre = try reader.double()
    variance = try reader.double()
    guard fast.isFinite, slow.isFinite, centre.isFinite, variance.isFinite, variance >= 0 else { throw .inconsistent }
  }
}
