public import SyncProtocol
public import Telemetry

/// Decides what to send to central and when: alarms lane first, several requests in flight, positions trusted over memory.
///
/// A lane begins by asking central for its position. Then requests of many batches each are sent ahead without waiting for
/// the answer to the one before (at most ``telemetryWindow`` telemetry requests and one alarms request at a time). Whatever
/// goes wrong, the lane lets its requests in flight end, waits, asks for the position and goes on from there: that is
/// the whole of recovery, because batches never change and central ignores what it has.
///
/// Each position comes with the check sum of a batch, so that another past is found out before anything is deleted: a store
/// that was restored or cloned, or a central that was restored (`docs/formats/sync.md`).
public struct DeliveryMachine: Sendable {
  public enum Action: Hashable, Sendable {
    /// Ask for the position of a row, and for the check sum of its batch `at` or of the newest before it.
    case askPosition(request: Int, row: EpochLane, at: UInt64)
    /// Send batches of the row from number `from`, at most through number `through`, as many as fit a request; then
    /// call ``started(request:through:)``.
    case send(request: Int, row: EpochLane, from: UInt64, through: UInt64)
    /// Commit what was found out, then call ``settled(_:)``; until then the lanes stand still.
    case settle(Finding)
    /// Nothing to do before then, unless something happens.
    case wait(until: MonotonicTime)
  }

  /// Another past than the store's.
  public enum Finding: Hashable, Sendable {
    /// This store is not the only heir of its epoch. Of what central had confirmed, it has `gone` no more.
    case retire(OutboxTransaction.Retirement, gone: [EpochLane: ClosedRange<UInt64>])
    /// What an earlier epoch still holds is not what central has under its numbers.
    case abandon(Epoch, gone: [EpochLane: ClosedRange<UInt64>])
    /// Of what central had confirmed of epochs that are over, it has this no more.
    case gone([EpochLane: ClosedRange<UInt64>])
    /// Central forgot batches that it had confirmed: it has them only up to `position`.
    case missing(EpochLane, position: UInt64)
    /// Central has batches under these numbers, and what this store had there is damaged: whether they are the same cannot be
    /// told. They count as confirmed.
    case incomparable(EpochLane, ClosedRange<UInt64>)
  }

  /// What ended a request, as the lane sees it.
  public enum Reply: Hashable, Sendable {
    case answer(status: Int, SyncAnswer, retryAfter: Duration?)
    /// No answer, or one that is not central's: the text is for people.
    case failure(String)
  }

  /// How the link to central stands, for status and log.
  public enum LinkState: Hashable, Sendable {
    case connecting
    case online
    /// The newest failure, and when it is tried again.
    case offline(String, retryAt: MonotonicTime)
    /// Central answers but does not take this gateway's batches; a person must look. Tried again all the same.
    case refused(String, retryAt: MonotonicTime)
  }

  /// Two requests keep the line busy while the answer to one travels; more would only fill central's queue.
  public static let telemetryWindow = 2
  static let firstRetry = Duration.seconds(1)
  static let longestRetry = Duration.seconds(60)
  /// Longest Retry-After that is believed.
  static let longestAskedWait = Duration.seconds(3_600)

  struct LaneState: Sendable {
    var row: EpochLane
    var isCurrent = true
    var cutThrough: UInt64 = 0
    /// Nil: central's position is not known, ask first.
    var sentThrough: UInt64?
    /// A position that the next question is to prove by a batch further down.
    var doubt: Doubt?
  }

  /// Central's newest batch of this store cannot be compared with this store's.
  struct Doubt: Hashable, Sendable {
    /// Newest number that central claims to have.
    var claimed: UInt64
    /// Newest number below it that can be compared, or was confirmed before.
    var comparable: UInt64
  }

  struct Flight: Sendable {
    var row: EpochLane
    var isQuestion: Bool
    var through: UInt64?
    /// A question for ``SharedPast``, about this number.
    var asksForPast: UInt64?
    /// Begun before the lane's last trouble: its answer may confirm, but not restart the lane.
    var isStale = false
  }

  var lanes: [Lane: LaneState] = [:]
  /// Newest number that central is known to have, by row.
  var confirmed: [EpochLane: UInt64] = [:]
  var flights: [Int: Flight] = [:]
  var findings: [Finding] = []
  var lookBack: LookBack?
  /// Rows of epochs that are over, as they are to be asked for.
  var ended: [SharedPast] = []
  /// Central may have been set back since epochs that are over were asked for.
  var hasSignOfSetback = true
  /// When they were last asked for; nil: not yet.
  var lookedBackAt: MonotonicTime?
  var nextRequest = 1
  var retryAt: MonotonicTime?
  var retryDelay = Self.firstRetry
  var isMoving = false
  private var telemetryPause: MonotonicTime?
  public internal(set) var link = LinkState.connecting

  public init() {}

  /// Tells what the store holds: at start, and after each transaction.
  public mutating func storeChanged(_ state: OutboxState) {
    isMoving = state.isMoving
    var kept: Set<EpochLane> = []
    for lane in Lane.allCases {
      let (row, held, isCurrent) = state.delivering(lane)
      if lanes[lane]?.row != row {
        lanes[lane] = LaneState(row: row)
        for (request, flight) in flights where flight.row.lane == lane {
          flights[request]!.isStale = !flight.isQuestion
        }
      }
      if confirmed[row, default: 0] > held.cutThrough {
        // The store lost its newest batches to damage, after central had confirmed them and before they were deleted: their
        // numbers are not this store's any more. What central has is asked for anew.
        confirmed[row] = held.confirmedThrough
        restart(lane)
      }
      lanes[lane]!.isCurrent = isCurrent
      lanes[lane]!.cutThrough = held.cutThrough
      // A damaged store may have been taken over since, and have other numbers: it is asked anew.
      findings.removeAll { finding in
        guard case .incomparable(let found, let numbers) = finding, found.lane == lane else { return false }
        return found != row || numbers.upperBound > held.cutThrough || numbers.upperBound <= held.confirmedThrough
      }
      for epoch in [row.epoch, state.epoch] { kept.formUnion(Lane.allCases.map { EpochLane(epoch, $0) }) }
    }
    confirmed = confirmed.filter { kept.contains($0.key) }
    for row in kept { confirmed[row] = max(confirmed[row] ?? 0, state.confirmedThrough(row)) }
    let over = state.ended.flatMap { old in
      old.confirmed.sorted { $0.key < $1.key }.map { SharedPast(EpochLane(old.epoch, $0.key), confirmed: $0.value) }
    }
    if ended != over {
      ended = over
      endLookBack()
    }
    if let past = lookBack?.pasts.first, !(kept.contains(past.row) || ended.contains { $0.row == past.row }) {
      lookBack = nil
    }
  }

  /// Newest number that central has, and the outbox may delete.
  public func confirmedThrough(_ row: EpochLane) -> UInt64 { confirmed[row] ?? 0 }

  /// What the store may delete now.
  public func confirmations(beyond state: OutboxState) -> [EpochLane: UInt64] {
    var news: [EpochLane: UInt64] = [:]
    for lane in Lane.allCases {
      let (row, held, _) = state.delivering(lane)
      if let number = confirmed[row], number > held.confirmedThrough { news[row] = number }
    }
    return news
  }

  public var isOnline: Bool { link == .online }
  public var requestsInFlight: Int { flights.count }

  /// Telemetry waits until then (quiet hours); nil: it does not. Alarms never wait.
  ///
  /// After the pause both lanes ask for their positions: for hours nobody may have noticed that central was set back.
  public mutating func pauseTelemetry(until end: MonotonicTime?) {
    if end == nil, telemetryPause != nil { for lane in Lane.allCases { restart(lane) } }
    telemetryPause = end
  }

  /// What to do now. Call again until it says wait.
  public mutating func next(now: MonotonicTime) -> Action {
    if let finding = findings.first { return .settle(finding) }
    guard !isMoving else { return .wait(until: .never) }
    if let retryAt, retryAt > now { return .wait(until: retryAt) }
    if telemetryPause == nil { lookBackIfDue(now: now) }
    if let lookBack, let action = next(of: lookBack, now: now) { return action }
    if lookBack?.finding != nil { return .wait(until: .never) }
    var wake = link == .online && telemetryPause == nil && lookBack == nil ? lookBackTime : .never
    for lane in Lane.allCases.sorted() {
      if lane == .telemetry, let telemetryPause, telemetryPause > now {
        wake = telemetryPause
        continue
      }
      if let action = next(lane) { return action }
    }
    return .wait(until: wake)
  }

  func inFlight(_ lane: Lane) -> Int { flights.values.count { $0.row.lane == lane && $0.asksForPast == nil } }

  private mutating func next(_ lane: Lane) -> Action? {
    guard let state = lanes[lane] else { return nil }
    guard let sentThrough = state.sentThrough else {
      guard inFlight(lane) == 0 else { return nil }
      return .askPosition(
        request: begin(Flight(row: state.row, isQuestion: true)), row: state.row,
        at: state.doubt?.comparable ?? state.cutThrough)
    }
    let window = lane == .alarms ? 1 : Self.telemetryWindow
    guard inFlight(lane) < window, state.cutThrough > sentThrough else { return nil }
    let through = min(state.cutThrough, sentThrough + UInt64(SyncProtocol.maximumBatchesPerRequest))
    let request = begin(Flight(row: state.row, isQuestion: false, through: through))
    lanes[lane]!.sentThrough = through
    return .send(request: request, row: state.row, from: sentThrough + 1, through: through)
  }

  mutating func begin(_ flight: Flight) -> Int {
    defer { nextRequest += 1 }
    flights[nextRequest] = flight
    return nextRequest
  }

  /// The request went out with batches through this number; fewer than allowed when the size limit came first.
  public mutating func started(request: Int, through: UInt64) {
    guard let flight = flights[request] else { return }
    flights[request]!.through = through
    if lanes[flight.row.lane]?.row == flight.row { lanes[flight.row.lane]!.sentThrough = through }
  }

  /// The request was not sent after all: the store has to be mended first.
  public mutating func abandoned(request: Int) {
    guard let flight = flights.removeValue(forKey: request) else { return }
    restart(flight.row.lane)
  }

  /// What ``Action/settle(_:)`` asked for is committed; tell the store's state afterwards.
  ///
  /// After an epoch was abandoned the lanes rest a minute: if central keeps other batches than it was sent, for whatever
  /// reason, epochs must not follow each other without end.
  public mutating func settled(_ finding: Finding, now: MonotonicTime) {
    findings.removeAll { $0 == finding }
    lookBack = nil
    switch finding {
    case .missing(let row, let position):
      confirmed[row] = position
      hasSignOfSetback = true
    case .incomparable(let row, let numbers): confirmed[row] = max(confirmedThrough(row), numbers.upperBound)
    case .gone: break
    case .retire(let retirement, _):
      findings.removeAll()
      if case .abandon = retirement { retryAt = now + Self.longestRetry }
    case .abandon: retryAt = now + Self.longestRetry
    }
    for lane in Lane.allCases { restart(lane) }
  }
}
