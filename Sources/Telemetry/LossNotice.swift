/// Says that records were lost, for good: what, when, why. It travels in a telemetry batch in the place of what it stands
/// for, so that whoever reads the data also reads that some of it is missing.
///
/// It is always within the limits of the format: what is given beyond them is cut off, names of devices are counted.
public struct LossNotice: Hashable, Sendable {
  public enum Reason: UInt8, Sendable, CaseIterable {
    /// The outbox reached its size limit while central was away.
    case outboxFull = 1
    /// The store did not take anything for so long that memory had no room left.
    case memoryFull = 2
    /// A frame could not be read when it was to be cut.
    case damagedFrame = 3
    /// The store could not be read and was begun anew.
    case damagedStore = 4
    /// Central was set back to an older state and lacks what this gateway has deleted since.
    case centralRestored = 5
    /// Older than the gateway keeps records.
    case tooOld = 6

    /// The words shown to people and in JSON.
    public var name: String {
      switch self {
      case .outboxFull: "outbox full"
      case .memoryFull: "memory full"
      case .damagedFrame: "damaged frame"
      case .damagedStore: "damaged store"
      case .centralRestored: "central restored"
      case .tooOld: "too old"
      }
    }
  }

  public static let maximumDevices = 64
  public static let maximumDetailBytes = 256
  static let maximumNameBytes = 64

  public var reason: Reason
  /// The lane that the lost records were of.
  public var lane: Lane
  /// The epoch of ``numbers``; nil: that of the batch that carries the notice.
  public var epoch: Epoch?
  /// Numbers of the batches it stands for; nil: what was lost had no number yet.
  public var numbers: ClosedRange<UInt64>?
  /// Times of the oldest and newest lost record; nil: unknown.
  public var firstTime: Timestamp?
  public var lastTime: Timestamp?
  /// Lost samples or alarm events; nil: unknown.
  public var samples: UInt64?
  /// Names of devices it concerns, at most ``maximumDevices`` of at most 64 UTF-8 bytes.
  public private(set) var devices: [String]
  /// Devices it concerns beyond those in ``devices``, 0 to 2^31 - 1.
  public private(set) var moreDevices: Int
  /// One sentence for people, at most ``maximumDetailBytes`` of UTF-8; may be empty.
  public private(set) var detail: String

  /// - Parameters:
  ///   - devices: those beyond the first 64 are only counted.
  ///   - detail: what is longer than 256 UTF-8 bytes is cut off between two characters.
  public init(
    reason: Reason, lane: Lane, epoch: Epoch? = nil, numbers: ClosedRange<UInt64>? = nil, firstTime: Timestamp? = nil,
    lastTime: Timestamp? = nil, samples: UInt64? = nil, devices: [String] = [], moreDevices: Int = 0,
    detail: String = ""
  ) {
    self.reason = reason
    self.lane = lane
    self.epoch = epoch
    self.numbers = numbers
    self.firstTime = firstTime
    self.lastTime = lastTime
    self.samples = samples
    self.devices = devices.prefix(Self.maximumDevices).map { Self.cut($0, bytes: Self.maximumNameBytes) }
    self.moreDevices = Int(Int32(clamping: max(0, moreDevices))) + max(0, devices.count - Self.maximumDevices)
    self.moreDevices = min(self.moreDevices, Int(Int32.max))
    self.detail = Self.cut(detail, bytes: Self.maximumDetailBytes)
  }

  /// The same, where times counted from another beginning.
  public func shifted(by shift: Duration) -> LossNotice {
    var notice = self
    notice.firstTime = firstTime.map { $0 + shift }
    notice.lastTime = lastTime.map { $0 + shift }
    return notice
  }

  private static func cut(_ text: String, bytes limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var length = 0
    return String(
      text.prefix { character in
        length += character.utf8.count
        return length <= limit
      })
  }
}
