public import Telemetry

/// How many bytes a day the outbox would grow by if nothing were sent: the sum of the last 24 hours, in steps of an hour.
public struct FillRate: Hashable, Sendable {
  private var hours: [Double] = []
  private var hourBegan: MonotonicTime?
  private var began: MonotonicTime?
  /// Bytes of a batch for each byte of the frames it was made of.
  private var ratio = 0.4

  public init() {}

  public mutating func committed(frameBytes: Int, now: MonotonicTime) {
    roll(now)
    hours[hours.count - 1] += Double(frameBytes)
  }

  /// What cutting makes of frames is learnt from each cut.
  public mutating func cut(frameBytes: Int, batchBytes: Int) {
    guard frameBytes > 0, batchBytes > 0 else { return }
    ratio = ratio * 0.8 + min(1, Double(batchBytes) / Double(frameBytes)) * 0.2
  }

  /// Nil during the first minute.
  public func bytesPerDay(now: MonotonicTime) -> Double? {
    guard let began, let hourBegan, now - began > .seconds(60) else { return nil }
    let inHour = Double((now - hourBegan).wholeMilliseconds) / 3_600_000
    let covered = Double(hours.count - 1) + max(inHour, 1.0 / 60)
    return hours.reduce(0, +) * ratio / covered * 24
  }

  private mutating func roll(_ now: MonotonicTime) {
    guard var start = hourBegan else {
      began = now
      hourBegan = now
      hours = [0]
      return
    }
    while now - start >= .seconds(3_600), hours.count <= 1_000_000 {
      start = start + .seconds(3_600)
      hours.append(0)
      if hours.count > 24 { hours.removeFirst() }
    }
    hourBegan = start
  }
}
