public import Telemetry

/// One read of consecutive entries of one table of one device: the unit a bus works in.
public struct ReadRequest: Hashable, Sendable {
  public var unit: UInt8
  public var table: RegisterTable
  public var address: UInt16
  /// 1 to ``RegisterTable/maximumReadCount``.
  public var count: Int
  public var pacing: RequestPacing

  public init(
    unit: UInt8, table: RegisterTable, address: UInt16, count: Int, pacing: RequestPacing = RequestPacing()
  ) {
    self.unit = unit
    self.table = table
    self.address = address
    self.count = count
    self.pacing = pacing
  }
}

/// Why a bus operation failed. `detail` is one line for the log: what happened, where, and the cause.
public struct FieldBusError: Error, Hashable, Sendable {
  public var reason: Quality.Reason
  public var detail: String
  /// For a bus that is down: trying again costs nothing, and it may be back at any moment, as an adapter that was unplugged.
  public var mayReturnSoon: Bool
  /// The unit that answered in place of the one that was asked; nil when it was not that.
  public var answeredBy: UInt8?

  public init(
    _ reason: Quality.Reason, _ detail: String, mayReturnSoon: Bool = false, answeredBy: UInt8? = nil
  ) {
    self.reason = reason
    self.detail = detail
    self.mayReturnSoon = mayReturnSoon
    self.answeredBy = answeredBy
  }

  /// The connection or line must be opened again before the next request makes sense.
  public var isBusDown: Bool { reason == .busDown }
}

/// A serial line or a TCP endpoint, as the poller sees it. Calls block, at most for the bus's time-out; one thread owns it.
public protocol FieldBus: AnyObject {
  /// Opens the line or connects. Does nothing when already open.
  func open() throws(FieldBusError)

  /// Reads `request.count` entries: registers, or for bit tables 0 and 1. An error with reason `.busDown` leaves the
  /// bus closed.
  func read(_ request: ReadRequest) throws(FieldBusError) -> [UInt16]

  /// Sends a write at most once, and never when `isWanted` says no at the moment at which it would leave. The bus must be
  /// open; after ``WriteResult/unknown(_:)`` or ``WriteResult/notSent(_:)`` with reason `.busDown` it is closed.
  func write(_ request: WriteRequest, isWanted: () -> Bool) -> WriteResult

  /// Asks one question and gives the reply's function code and what follows it; an exception reply is an error.
  ///
  /// - Parameter timeout: instead of the bus's own.
  func ask(_ request: RawRequest, timeout: Duration) throws(FieldBusError) -> [UInt8]

  func close()

  /// Replies that came after their time-out, were recognised and thrown away, since this value was made.
  var lateReplies: Int { get }
}

extension FieldBus {
  public func write(_ request: WriteRequest, isWanted: () -> Bool) -> WriteResult {
    .notSent(FieldBusError(.inputOutput, "this kind of bus cannot write"))
  }

  public func ask(_ request: RawRequest, timeout: Duration) throws(FieldBusError) -> [UInt8] {
    throw FieldBusError(.inputOutput, "this kind of bus cannot be asked")
  }

  public var lateReplies: Int { 0 }
}
