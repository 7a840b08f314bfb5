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
  /// It has not answered for a while and is asked rarely; see `docs/modbus.md`.
  public var isSilent = false

  public init() {}

  /// Part of the requests that brought a reply, 0 to 1; nil before the first.
  public var successRate: Double? { requests == 0 ? nil : Double(replies) / Double(requests) }

  /// The newest scan brought at least one good tag.
  public var isAnswering: Bool { lastGood != nil && failedScansInARow == 0 }
}
