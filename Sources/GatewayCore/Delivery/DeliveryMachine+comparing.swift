import Telemetry

extension DeliveryMachine {
  /// A position counts only if the batch that proves it can be compared. Where it cannot, one further down is looked for: each
  /// batch is sent together with the check sum of the one before, so what is the same there makes it likely that the rest
  /// is, too. That is confirmed then, and a notice names of what nobody knows.
  ///
  /// - Returns: whether the answer was no ground to believe the position.
  mutating func mustCompare(
    _ proven: UInt64, _ comparison: BatchComparison?, claimed: UInt64, _ flight: Flight
  ) -> Bool {
    let row = flight.row
    var descent: Descent
    if flight.isQuestion, let known = lanes[row.lane]?.descent, known.from == claimed {
      descent = known
      // Else it was asked before anybody knew that this number is of interest.
      if proven == descent.question { descent.answered(comparison) }
    } else {
      lanes[row.lane]?.descent = nil
      guard comparison == .unknown, proven == claimed else { return false }
      guard !flight.isStale else { return true }
      descent = Descent(from: claimed, confirmed: confirmedThrough(row))
    }
    guard flight.isQuestion, descent.question == nil else {
      if flight.isQuestion { lanes[row.lane]?.descent = descent }
      restart(row.lane)
      return true
    }
    lanes[row.lane]?.descent = nil
    found(.incomparable(row, descent.incomparable), flight)
    return true
  }
}
