public import Telemetry

/// How many bytes may be sent to central now, so that a link of so many bytes a second is never asked for more, requests of
/// any size and all connections together.
///
/// What TLS and TCP add is counted too: the limit is that of the wire. Nine tenths of it are given out evenly, and a tenth may
/// gather while nothing is sent, so that no second sees more. What could not be held back, a handshake for instance, is made
/// good afterwards.
public struct SendAllowance: Sendable {
  /// A record's head, nonce and tag (RFC 5246, section 6.2.3.3), the most that a version of TLS in use adds.
  static let recordBytes = 29
  /// The heads of IP and TCP with timestamps, for each segment of at least this many bytes.
  static let segmentHeadBytes = 52
  static let segmentBytes = 1_300
  /// Request line and header fields.
  public static let requestHeadBytes = 400
  /// What a client sends until a connection with mutual TLS stands.
  public static let handshakeBytes = 3_000

  private let perSecond: Double
  private let burst: Double
  /// Smaller pieces would be all head and no body.
  private let smallestPiece: Int
  private var available: Double
  private var last: MonotonicTime

  /// - Parameter perSecond: bytes, 1 or more.
  public init(perSecond: Int, now: MonotonicTime) {
    self.perSecond = Double(max(1, perSecond)) * 0.9
    smallestPiece = max(256, min(8_192, perSecond / 12))
    burst = max(Double(perSecond) / 10, Double(Self.cost(smallestPiece)))
    available = burst
    last = now
  }

  static func cost(_ bytes: Int) -> Int {
    bytes + recordBytes + (bytes + segmentBytes - 1) / segmentBytes * segmentHeadBytes
  }

  private mutating func refill(_ now: MonotonicTime) {
    guard now > last else { return }
    available = min(burst, available + Double((now - last).wholeNanoseconds) / 1e9 * perSecond)
    last = now
  }

  /// - Returns: how many of `wanted` bytes may go now; they are counted as sent. 0: wait until ``readyTime(_:)``.
  public mutating func take(_ wanted: Int, now: MonotonicTime) -> Int {
    refill(now)
    guard wanted > 0, available >= Double(Self.cost(min(wanted, smallestPiece))) else { return 0 }
    var piece = min(wanted, Int(available))
    // Its cost is at most a tenth more than its bytes, or the smallest piece's, which is there.
    while piece > smallestPiece, Double(Self.cost(piece)) > available {
      piece = max(smallestPiece, piece - max(1, Self.cost(piece) - Int(available)))
    }
    available -= Double(Self.cost(piece))
    return piece
  }

  /// Bytes that went out without asking.
  public mutating func charge(_ bytes: Int, now: MonotonicTime) {
    refill(now)
    available -= Double(bytes)
  }

  /// When the smallest piece may go.
  public func readyTime(_ now: MonotonicTime) -> MonotonicTime {
    let missing = Double(Self.cost(smallestPiece)) - available
    guard missing > 0 else { return min(now, last) }
    return last + .nanoseconds(Int64((missing / perSecond * 1e9).rounded(.up)))
  }

  /// Body of a request that takes half a minute at most, so that a poor link loses little when it breaks; a single batch may
  /// be larger.
  public static func requestBytes(perSecond: Int?, most: Int) -> Int {
    guard let perSecond else { return most }
    return min(most, max(4_096, perSecond * 30))
  }
}
