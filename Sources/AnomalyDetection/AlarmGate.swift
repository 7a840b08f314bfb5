import Telemetry

/// Decides which unusual samples raise an alarm: the first, then none for the hold-off, unless one is far worse.
struct AlarmGate: Hashable, Sendable {
  /// How many times the highest score since the alarm a score must have to raise another within the hold-off. Without
  /// this, one false alarm would hide a dropout.
  static let escalation = 3.0

  /// Steps of the stream when the last alarm was raised; nil when nothing holds alarms off.
  private(set) var raisedAt: Double?
  /// The highest score since then.
  private(set) var peak = 0.0

  mutating func take(score: Double, steps: Double, holdOff: Double) -> Bool {
    let isFree = raisedAt.map { steps - $0 >= holdOff } ?? true
    let isRaised = score >= AnomalyVerdict.threshold && (isFree || score >= Self.escalation * peak)
    if isRaised {
      raisedAt = steps
      peak = score
    } else {
      peak = max(peak, score)
    }
    return isRaised
  }

  func save(to writer: inout StateWriter) {
    writer.put(raisedAt ?? -1)
    writer.put(peak)
  }

  mutating func restore(from reader: inout AnomalyStateReader) throws(AnomalyStateError) {
    let at = try reader.double()
    peak = try reader.double()
    guard at.isFinite, peak.isFinite, peak >= 0 else { throw .inconsistent }
    raisedAt = at < 0 ? nil : at
  }
}
