public import Telemetry

/// Something to be done on a bus besides polling.
public struct BusJob: Hashable, Sendable {
  public enum Work: Hashable, Sendable {
    /// Read what is there, write, read back.
    case write(WriteRequest)
    case read(ReadRequest)
    /// Only while the bus has nothing else to do for so long.
    case probe(RawRequest, timeout: Duration)
  }

  /// Comes back in the ``BusJobResult``.
  public var number: Int
  public var work: Work
  /// From then on it is not begun, and a write is not sent.
  public var deadline: MonotonicTime

  public init(number: Int, work: Work, deadline: MonotonicTime) {
    self.number = number
    self.work = work
    self.deadline = deadline
  }

  var isProbe: Bool {
    if case .probe = work { true } else { false }
  }
}

/// What came of a ``BusJob``.
public struct BusJobResult: Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    case write(WriteTrace)
    case read([UInt16])
    /// The reply's function code and what follows it.
    case reply([UInt8])
    case failed(FieldBusError)
    /// Its deadline came first; nothing was sent. For a bus that is down: its fault.
    case expired(FieldBusError?)
    /// Too many wait for the bus already.
    case queueFull
  }

  public var number: Int
  public var outcome: Outcome

  public init(number: Int, outcome: Outcome) {
    self.number = number
    self.outcome = outcome
  }
}

/// The three steps of a write.
public struct WriteTrace: Hashable, Sendable {
  /// What stood there before; nil when the device does not let it be read.
  public var old: [UInt16]?
  public var result: WriteResult
  /// What stands there after; nil when it could not be read, or nothing had left.
  public var new: [UInt16]?
  /// Why it could not be read back.
  public var readBackError: FieldBusError?

  public init(old: [UInt16]?, result: WriteResult, new: [UInt16]? = nil, readBackError: FieldBusError? = nil) {
    self.old = old
    self.result = result
    self.new = new
    self.readBackError = readBackError
  }
}
