import SyncProtocol
import Telemetry

extension DeliveryMachine {
  /// A position counts only if the batch that proves it can be compared. Where it cannot, the newest one below that can is asked
  /// for: each batch is sent together with the check sum of the one before, so what is the same there makes it likely that
  /// the rest is, too. That is confirmed then, and a notice names of what nobody knows.
  ///
  /// - Returns: whether the answer was no ground to believe the position.
  mutating func doubts(
    _ claimed: UInt64, _ proven: UInt64, _ comparison: BatchComparison?, _ flight: Flight
  ) -> Bool {
    let row = flight.row
    let known = confirmedThrough(row)
    if flight.isQuestion, let doubt = lanes[row.lane]?.doubt, doubt.claimed == claimed {
      if case .unknown(let comparable) = comparison, proven > known {
        // It was damaged since.
        ask(claimed, below: max(comparable, known), flight)
      } else {
        conclude(max(proven, known) + 1...claimed, flight)
      }
      return true
    }
    lanes[row.lane]?.doubt = nil
    guard case .unknown(let comparable) = comparison, proven == claimed else { return false }
    guard !flight.isStale else { return true }
    // Whatever answered this request, the question that follows finds the same.
    guard flight.isQuestion else { restart(row.lane); return true }
    ask(claimed, below: max(comparable, known), flight)
    return true
  }

  /// Whether central answered another question than the one that this lane asked: its word is no help then.
  func evades(_ answer: SyncAnswer, _ flight: Flight) -> Bool {
    guard flight.isQuestion, let state = lanes[flight.row.lane], state.row == flight.row, let doubt = state.doubt else {
      return false
    }
    return answer.at != doubt.comparable && answer.position.map { min($0, state.cutThrough) } == doubt.claimed
  }

  private mutating func ask(_ claimed: UInt64, below comparable: UInt64, _ flight: Flight) {
    guard comparable > 0 else { return conclude(1...claimed, flight) }
    restart(flight.row.lane)
    lanes[flight.row.lane]?.doubt = Doubt(claimed: claimed, comparable: comparable)
  }

  private mutating func conclude(_ numbers: ClosedRange<UInt64>, _ flight: Flight) {
    lanes[flight.row.lane]?.doubt = nil
    found(.incomparable(flight.row, numbers), flight)
  }
}
