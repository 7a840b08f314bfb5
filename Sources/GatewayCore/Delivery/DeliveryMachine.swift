public import SyncProtocol
public import Telemetry

/// Decides what to send to central and when: alarms lane first, several requests in flight, positions trusted over memory.
///
/// A lane begins by asking central for its position. Then requests of many batches each are sent ahead without waiting for
/// the answer to the one before (at most ``telemetryWindow`` telemetry requests and one alarms request at a time). Whatever
/// goes wrong, the lane lets its requests in flight end, waits, asks for the position and goes on from there: that is
/// the whole of recovery, because batches never change and central ignores what it has.
public struct DeliveryMachine: Sendable {
  public enum Action: Hashable, Sendable {
    case askPosition(request: Int, lane: Lane)
    /// Send batches of the lane from number `from`, at most through number `through`, as many as fit a request; then
    /// call ``started(request:through:)``.
    case send(request: Int, lane: Lane, from: UInt64, through: UInt64)
    /// Nothing to do before then, unless something happens.
    case wait(until: MonotonicTime)
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
    var cutThrough: UInt64 = 0
    var confirmed: UInt64 = 0
    /// Nil: central's position is not known, ask first.
    var sentThrough: UInt64?
    var inFlight = 0
    var needsPosition: Bool { sentThrough == nil }
  }

  struct Flight: Sendable {
    var lane: Lane
    var isQuestion: Bool
    var through: UInt64?
    /// Begun before the lane's last trouble: its answer may confirm, but not restart the lane.
    var isStale = false
  }

  var lanes: [Lane: LaneState] = [:]
  var flights: [Int: Flight] = [:]
  var nextRequest = 1
  var retryAt: MonotonicTime?
  var retryDelay = Self.firstRetry
  public internal(set) var link = LinkState.connecting

  public init() {
    for lane in Lane.allCases { lanes[lane] = LaneState() }
  }

  /// Tells what the store holds: at start, and after each transaction.
  public mutating func storeChanged(_ state: OutboxState) {
    for lane in Lane.allCases {
      lanes[lane]!.cutThrough = state[lane].cutThrough
      lanes[lane]!.confirmed = max(lanes[lane]!.confirmed, state[lane].confirmedThrough)
    }
  }

  public func confirmedThrough(_ lane: Lane) -> UInt64 { lanes[lane]!.confirmed }
  public var isOnline: Bool { link == .online }
  public var requestsInFlight: Int { flights.count }

  /// What to do now. Call again until it says wait.
  public mutating func next(now: MonotonicTime) -> Action {
    if let retryAt, retryAt > now { return .wait(until: retryAt) }
    for lane in Lane.allCases.sorted() {
      if let action = next(lane) { return action }
    }
    return .wait(until: .never)
  }

  private mutating func next(_ lane: Lane) -> Action? {
    let state = lanes[lane]!
    guard let sentThrough = state.sentThrough else {
      guard state.inFlight == 0 else { return nil }
      return .askPosition(request: begin(Flight(lane: lane, isQuestion: true)), lane: lane)
    }
    let window = lane == .alarms ? 1 : Self.telemetryWindow
    guard state.inFlight < window, state.cutThrough > sentThrough else { return nil }
    let through = min(state.cutThrough, sentThrough + UInt64(SyncProtocol.maximumBatchesPerRequest))
    let request = begin(Flight(lane: lane, isQuestion: false, through: through))
    lanes[lane]!.sentThrough = through
    return .send(request: request, lane: lane, from: sentThrough + 1, through: through)
  }

  private mutating func begin(_ flight: Flight) -> Int {
    defer { nextRequest += 1 }
    flights[nextRequest] = flight
    lanes[flight.lane]!.inFlight += 1
    return nextRequest
  }

  /// The request went out with batches through this number; fewer than allowed when the size limit came first.
  public mutating func started(request: Int, through: UInt64) {
    guard let flight = flights[request] else { return }
    flights[request]!.through = through
    lanes[flight.lane]!.sentThrough = through
  }
}
