public import Telemetry

/// What a technician asks first about one device: does it answer, and if not, why not.
public struct DeviceHealth: Hashable, Sendable {
  /// Start of the newest scan in which at least one tag was good.
  public var lastGood: Timestamp?
  /// The newest trouble, one line; stays after recovery, so that it can still be read.
  public var lastError: String?
  /// Start of the scan that met ``lastError``.
  public var lastErrorTime: Timestamp?
  /// Scans in a row without a single good tag, up to now.
  public var failedScansInARow = 0

  /// Requests to the device, and how many of them brought a whole reply of it, an exception included.
  public var requests = 0
  public var replies = 0
  /// How long the replies took, each from handing over the request to having the reply.
  public var responses = ResponseTimes()
  /// It has sent no whole reply for a while and is asked rarely; see `docs/modbus.md`.
  public var isSilent = false
  /// Replies with a wrong check sum, or that did not fit their request for another reason than the unit.
  public var damagedReplies = 0
  /// Replies that another unit sent in its place, and which one did last.
  public var wrongUnitReplies = 0
  public var wrongUnit: UInt8?

  /// Scanned more often than configured, because an alarm asks for it: so often. Nil: at its own pace.
  public var watchedInterval: Duration?

  public init() {}

  /// A reply came that was no answer.
  mutating func noteDamage(answeredBy unit: UInt8?) {
    guard let unit else { return damagedReplies += 1 }
    wrongUnitReplies += 1
    wrongUnit = unit
  }

  /// Part of the requests that brought a reply, 0 to 1; nil before the first.
  public var successRate: Double? { requests == 0 ? nil : Double(replies) / Double(requests) }

  /// The newest scan brought at least one good tag.
  public var isAnswering: Bool { lastGood != nil && failedScansInARow == 0 }
}
