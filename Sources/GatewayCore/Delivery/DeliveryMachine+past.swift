import SyncProtocol
import Telemetry

/// Before an epoch is given up, both lanes' confirmed batches are looked for at central: after that nobody would ask any more,
/// and what is gone would be lost without a word.
extension DeliveryMachine {
  /// An epoch is to be given up, but for what is found out about its confirmed batches.
  struct Farewell: Sendable {
    let finding: Finding
    var pasts: [SharedPast]
  }

  mutating func begin(_ finding: Finding, of epoch: Epoch) {
    guard farewell == nil else { return }
    let rows = Lane.allCases.sorted().map { EpochLane(epoch, $0) }
    farewell = Farewell(
      finding: finding,
      pasts: rows.compactMap { row in
        let confirmed = confirmedThrough(row)
        return confirmed > 0 ? SharedPast(row, confirmed: confirmed) : nil
      })
    for lane in Lane.allCases { restart(lane) }
  }

  /// What to do about it now. Nothing while requests are under way: their answers may confirm more.
  mutating func next(of farewell: Farewell) -> Action {
    guard flights.isEmpty else { return .wait(until: .never) }
    for past in farewell.pasts {
      guard let number = past.question else { continue }
      return .askPosition(
        request: begin(Flight(row: past.row, isQuestion: true, asksForPast: number)), row: past.row, at: number)
    }
    let gone = Dictionary(
      uniqueKeysWithValues: farewell.pasts.compactMap { past in past.gone.map { (past.row, $0) } })
    self.farewell = nil
    let finding: Finding =
      switch farewell.finding {
      case .retire(let retirement, _): .retire(retirement, gone: gone)
      case .abandon(let epoch, _): .abandon(epoch, gone: gone)
      case .missing: farewell.finding
      }
    findings.append(finding)
    return .settle(finding)
  }

  /// Central told what it has under a confirmed number.
  mutating func learned(_ asked: UInt64, _ answer: SyncAnswer, ownChecksum: UInt32?, of row: EpochLane) {
    recover()
    guard let index = farewell?.pasts.firstIndex(where: { $0.row == row }) else { return }
    let comparison: SharedPast.Comparison =
      if let theirs = answer.checksum, let ownChecksum { theirs == ownChecksum ? .same : .other } else { .unknown }
    farewell!.pasts[index].answered(asked, at: answer.at, comparison)
  }
}
