public import Telemetry

/// The fixed head of a batch: readable, and checked by length, without decompressing anything.
public struct BatchHeader: Hashable, Sendable {
  public var epoch: Epoch
  public var lane: Lane
  /// 1 for the first batch of its lane and epoch, then ascending by one.
  public var number: UInt64
  /// How many consecutive numbers it stands for, 1 to ``number``. More than 1 only where one loss notice takes the place of
  /// several batches.
  public var span: UInt32
  /// Samples and aggregate cells (telemetry) or events (alarms) in it, at most ``BatchLimits/maximumRecords``; 0 only in a
  /// batch with a loss notice.
  public var recordCount: Int
  public var firstTime: Timestamp
  public var lastTime: Timestamp

  public init(
    epoch: Epoch, lane: Lane, number: UInt64, span: UInt32 = 1, recordCount: Int, firstTime: Timestamp,
    lastTime: Timestamp
  ) {
    self.epoch = epoch
    self.lane = lane
    self.number = number
    self.span = span
    self.recordCount = recordCount
    self.firstTime = firstTime
    self.lastTime = lastTime
  }

  /// The lowest number it stands for; it covers this one to ``number``.
  public var firstNumber: UInt64 { number - UInt64(span) + 1 }

  /// What was known of the gateway's alarms is forgotten before the events of this batch are taken: it is the first of
  /// its epoch in the alarms lane, or events are missing. In both cases the gateway tells the state of every alarm
  /// behind it.
  ///
  /// - Parameter losses: the loss notices of the batch.
  public func beginsAlarmStates(losses: [LossNotice]) -> Bool {
    lane == .alarms && (firstNumber == 1 || !losses.isEmpty)
  }
}

/// Bounds that the decoder enforces before it allocates anything. A batch outside them is an error on both sides.
public enum BatchLimits {
  /// A whole encoded batch, head and check sum included.
  public static let maximumEncodedBytes = 2 << 20
  /// The body after decompression.
  public static let maximumBodyBytes = 16 << 20
  public static let maximumRecords = 1 << 20
  public static let maximumDevices = 4_096
  public static let maximumTagsPerDevice = 4_096
  public static let maximumNameBytes = 64
  public static let maximumUnitBytes = 32
  public static let maximumMessageBytes = 512
  /// Blocks of aggregates in one batch.
  public static let maximumAggregateBlocks = 8_192
  /// Loss notices in one frame or batch.
  public static let maximumLosses = 4_096
}

/// A decoded batch.
public struct Batch: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    /// `catalogue` holds only the devices that have rows; ``DeviceColumns/device`` and ``DeviceAggregates/device`` are
    /// indices into it.
    case telemetry(
      catalogue: Catalogue, devices: [DeviceColumns], aggregates: [DeviceAggregates], losses: [LossNotice])
    case alarms([AlarmEvent], losses: [LossNotice])
  }

  public var header: BatchHeader
  public var content: Content

  public init(header: BatchHeader, content: Content) {
    self.header = header
    self.content = content
  }
}

/// Why bytes are not a frame or batch. Never a crash, whatever the bytes.
public struct CodecError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    /// The bytes end too early.
    case truncated
    case badMagic = "bad-magic"
    case unsupportedVersion = "unsupported-version"
    case checksumMismatch = "checksum-mismatch"
    /// A count or length outside ``BatchLimits``.
    case limitExceeded = "limit-exceeded"
    /// The check sum is right, but the content contradicts itself.
    case malformed
    case decompression
  }

  public var kind: Kind
  /// Byte offset in what was being read, where known.
  public var offset: Int
  public var detail: String

  public init(_ kind: Kind, offset: Int, _ detail: String) {
    self.kind = kind
    self.offset = offset
    self.detail = detail
  }

  public var description: String { "\(kind.rawValue) at byte \(offset): \(detail)" }
}
