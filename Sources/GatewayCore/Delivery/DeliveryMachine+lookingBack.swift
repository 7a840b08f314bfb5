import SyncProtocol
import Telemetry

/// What central confirmed was deleted here. That it is still there is asked when nobody would ask any more: before an epoch is
/// given up, and of epochs that are over whenever central may have been set back.
extension DeliveryMachine {
  /// Confirmed batches are looked for.
  struct LookBack: Sendable {
    /// What is to be done then, whatever is found; nothing else is asked or sent meanwhile. Nil where only epochs that are over
    /// are asked for, beside everything else.
    let finding: Finding?
    var pasts: [SharedPast]
  }

  /// Without a sign, epochs that are over are asked for so often: central may have been set back between two requests.
  static let lookBackInterval = Duration.seconds(3_600)

  /// Whether epochs that are over are to be asked for as soon as central answers.
  public var mustLookBack: Bool { !ended.isEmpty && (hasSignOfSetback || lookBack != nil) }

  /// An epoch is to be given up.
  mutating func lookBack(before finding: Finding, of epoch: Epoch) {
    guard lookBack?.finding == nil else { return }
    lookBack = LookBack(
      finding: finding,
      pasts: Lane.allCases.sorted().compactMap { lane in
        let row = EpochLane(epoch, lane)
        let confirmed = confirmedThrough(row)
        return confirmed > 0 ? SharedPast(row, confirmed: confirmed) : nil
      })
    for lane in Lane.allCases { restart(lane) }
  }

  /// Begins to ask for epochs that are over if that is due.
  mutating func lookBackIfDue(now: MonotonicTime) {
    guard lookBack == nil, !ended.isEmpty, link == .online, now >= lookBackTime else { return }
    lookBack = LookBack(finding: nil, pasts: ended)
  }

  /// When ``lookBackIfDue(now:)`` has something to do.
  var lookBackTime: MonotonicTime {
    guard !ended.isEmpty else { return .never }
    guard let lookedBackAt else { return .zero }
    return lookedBackAt + (hasSignOfSetback ? Self.longestRetry : Self.lookBackInterval)
  }

  /// What to do about it now; nil when it waits for an answer, or all is known and nothing is gone. Before an epoch is given up
  /// all requests end first: their answers may confirm more.
  mutating func next(of looking: LookBack, now: MonotonicTime) -> Action? {
    guard looking.finding == nil ? !flights.values.contains(where: { $0.asksForPast != nil }) : flights.isEmpty else {
      return nil
    }
    for past in looking.pasts {
      guard let number = past.question else { continue }
      return .askPosition(
        request: begin(Flight(row: past.row, isQuestion: true, asksForPast: number)), row: past.row, at: number)
    }
    let gone = Dictionary(
      uniqueKeysWithValues: looking.pasts.compactMap { past in past.gone.map { (past.row, $0) } })
    lookBack = nil
    let finding: Finding
    switch looking.finding {
    case .retire(let retirement, _): finding = .retire(retirement, gone: gone)
    case .abandon(let epoch, _): finding = .abandon(epoch, gone: gone)
    case .missing, .gone, .incomparable, nil:
      hasSignOfSetback = false
      lookedBackAt = now
      guard !gone.isEmpty else { return nil }
      finding = .gone(gone)
    }
    findings.append(finding)
    return .settle(finding)
  }

  /// Central told what it has under a confirmed number.
  mutating func learned(_ asked: UInt64, _ answer: SyncAnswer, _ comparison: BatchComparison?, of row: EpochLane) {
    recover()
    guard let index = lookBack?.pasts.firstIndex(where: { $0.row == row }) else { return }
    lookBack!.pasts[index].answered(asked, at: answer.at, comparison ?? .unknown(comparable: 0))
  }

  /// What was learned may be outdated.
  mutating func endLookBack() {
    lookBack = nil
    hasSignOfSetback = true
  }
}
