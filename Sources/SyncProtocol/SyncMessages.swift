public import Telemetry

/// Names, paths and limits that gateway and central share. The protocol is described in `docs/formats/sync.md`.
public enum SyncProtocol {
  /// `POST`: body is one or more batches of one lane and one epoch, one behind the other, numbers ascending by one.
  public static let batchesPath = "/v1/batches"
  /// `GET /v1/positions/EPOCH/LANE?at=NUMBER`: the last number committed, 0 when central knows none, and the check sum of
  /// the batch `at` or of the newest before it.
  public static let positionsPath = "/v1/positions"
  public static let batchesContentType = "application/vnd.fieldgate.batches"

  /// Largest request body, in bytes. One batch is at most `BatchLimits.maximumEncodedBytes`, half of this.
  public static let maximumRequestBytes = 4 << 20
  /// Most batches in one request.
  public static let maximumBatchesPerRequest = 64

  /// - Parameter checksum: of this store's batch before the first of the request, unless central has confirmed it: central
  ///   takes nothing when it has another one there.
  public static func batchesPath(after checksum: UInt32?) -> String {
    checksum.map { "\(batchesPath)?after=\($0)" } ?? batchesPath
  }

  public static func positionPath(epoch: Epoch, lane: Lane, at number: UInt64) -> String {
    "\(positionsPath)/\(epoch)/\(lane.name)?at=\(number)"
  }
}

/// What central answers to both requests, as a JSON object: `{"position":12,"at":12,"checksum":305419896}` with status 200,
/// and with any other status `{"error": "gap", "message": "…", "position": 12}` (the position where it is known).
public struct SyncAnswer: Hashable, Sendable, Codable {
  /// Last number committed of the lane and epoch that the request named.
  public var position: UInt64?
  /// The number of a batch that central has: ``position`` itself, or a smaller one that the request asked for.
  public var at: UInt64?
  /// Check sum of the batch that covers `at`, its last four bytes: by it a gateway knows its own batch again.
  public var checksum: UInt32?
  /// Nil when accepted.
  public var error: Refusal?
  /// One sentence for the log of the gateway.
  public var message: String?

  public init(
    position: UInt64?, at: UInt64? = nil, checksum: UInt32? = nil, error: Refusal? = nil, message: String? = nil
  ) {
    self.position = position
    self.at = at
    self.checksum = checksum
    self.error = error
    self.message = message
  }

  /// Why central refused. Raw values are the wire's words.
  public enum Refusal: String, Sendable, Codable, CaseIterable {
    /// 409: the first batch is beyond `position + 1`. Send again from there.
    case gap
    /// 422: a batch is damaged or absurd; those before it were committed up to `position`.
    case badBatch = "bad-batch"
    /// 400: the request itself is wrong (path, mixed lanes, empty body).
    case badRequest = "bad-request"
    /// 413: larger than ``SyncProtocol/maximumRequestBytes``.
    case tooLarge = "too-large"
    /// 403: this certificate may not send.
    case forbidden
    /// 503, with Retry-After in seconds: try again later.
    case busy
    /// 500: central could not commit; whether it did is unknown. Ask for the position.
    case storage
  }
}
