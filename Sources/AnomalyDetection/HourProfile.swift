import Telemetry

/// What is usual in each hour of the day: mean and variance, with the last twenty steps of the hour weighing most.
struct HourProfile: Sendable {
  struct Hour: Hashable, Sendable {
    var mean = 0.0
    var variance: Float = 0
    /// Steps seen, up to ``HourProfile/countedSteps``.
    var steps: Float = 0
  }

  /// Steps of an hour before its mean says anything.
  static let leastSteps: Float = 4
  /// Beyond 20 steps the weight is the fixed one; counting on would only wear the number out.
  static let countedSteps: Float = 64

  private(set) var hours = ContiguousArray(repeating: Hour(), count: 24)

  /// The hour as it was before.
  mutating func take(_ value: Double, hour: Int, _ weights: SmoothingWeights) -> Hour {
    let before = hours[hour]
    var entry = before
    entry.steps = min(entry.steps + Float(weights.steps), Self.countedSteps)
    let plain = entry.steps < Self.countedSteps ? min(weights.steps / Double(entry.steps), 1) : 0
    let weight = max(weights.hour, plain)
    let off = value - entry.mean
    entry.mean += weight * off
    entry.variance = Float((1 - weight) * (Double(entry.variance) + weight * off * off))
    hours[hour] = entry
    return before
  }

  func save(to writer: inout StateWriter) {
    for hour in hours.indices {
      writer.put(hours[hour].mean)
      writer.put(hours[hour].variance)
      writer.put(hours[hour].steps)
    }
  }

  mutating func restore(from reader: inout AnomalyStateReader) throws(AnomalyStateError) {
    for hour in hours.indices {
      let entry = Hour(mean: try reader.double(), variance: try reader.float(), steps: try reader.float())
      guard entry.mean.isFinite, entry.variance.isFinite, entry.variance >= 0,
        (0...Self.countedSteps).contains(entry.steps)
      else { throw .inconsistent }
      hours[hour] = entry
    }
  }
}
