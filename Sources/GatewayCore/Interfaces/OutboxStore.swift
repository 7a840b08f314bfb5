public import AlarmStates
public import Telemetry

/// Why the store failed: what, where, and what to do next, in one line.
public struct OutboxStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The transaction did nothing.
    case failed
    /// The transaction may or may not have been committed: read the state again before deciding.
    case outcomeUnknown
    /// Its opening goes on; ``OutboxStore/open()`` has the result some time later.
    case opening
    /// Another daemon holds the store.
    case held
    /// A newer version wrote it.
    case newerFormat
    /// The file is damaged: it must be set aside.
    case damaged
  }

  public var kind: Kind
  public var description: String

  public init(_ description: String, _ kind: Kind = .failed) {
    self.kind = kind
    self.description = description
  }
}

/// Batches that were read for sending.
public struct BatchesToSend: Hashable, Sendable {
  /// One behind the other, as they were cut.
  public var bytes: [UInt8] = []
  /// Number of the last of them; nil when there is none.
  public var through: UInt64?
  /// The batch behind them cannot be read, or is missing.
  public var damaged: UInt64?

  public init() {}
}

/// The durable side of the outbox. One thread owns it; calls block until the disk has answered.
public protocol OutboxStore: AnyObject {
  /// Opens the store, or makes it; a damaged one is set aside and what can be read of it is taken over. Does nothing when it
  /// is open.
  ///
  /// - Returns: what happened that a person should know, one line each.
  func open() throws(OutboxStoreError) -> [String]

  /// False before it was opened, and after any call found it damaged: that closes it.
  var isOpen: Bool { get }

  /// What the store holds now, read from it.
  func state() throws(OutboxStoreError) -> OutboxState

  /// What is kept of alarms, by name.
  func alarms() throws(OutboxStoreError) -> [SavedAlarm]

  /// Alarms of which events wait in frames that are not cut.
  func alarmsInFrames() throws(OutboxStoreError) -> Set<String>

  /// Remembers a catalogue and gives the number by which frames refer to it; the same catalogue gets the same number.
  func register(_ catalogue: Catalogue) throws(OutboxStoreError) -> Int

  /// Does all of it or nothing, synced to disk when it returns. Gives the state after it. Frames whose sequence number is
  /// not above ``OutboxState/lastFrame`` are there already and are passed over.
  func commit(_ transaction: OutboxTransaction) throws(OutboxStoreError) -> OutboxState

  /// Consecutive batches of a row from `number` on; but for the first, at most through `through` and within
  /// `maximumBytes` together.
  func batches(
    _ row: EpochLane, from number: UInt64, through: UInt64, maximumBytes: Int
  ) throws(OutboxStoreError) -> BatchesToSend

  /// What is stored behind a position, for people who look into it; nil at the end. Frames whose times wait for a trusted
  /// clock are left out. Batches outside of the range may be passed over, each call a few of them.
  ///
  /// - Parameter maximumBytes: of the part; 1 or more.
  func telemetry(
    after position: StoredTelemetryPosition, in range: Range<Timestamp>, maximumBytes: Int
  ) throws(OutboxStoreError) -> StoredTelemetryPart?

  /// Check sum of the batch that covers a number, or that was deleted since central confirmed it; nil when there is none
  /// here or it is forgotten.
  func checksum(_ row: EpochLane, number: UInt64) throws(OutboxStoreError) -> UInt32?

  /// Whether a batch of central's is the one that covers a number here, or did before central confirmed it.
  ///
  /// - Parameter theirs: check sum of central's batch; nil: central told none.
  func compare(_ row: EpochLane, number: UInt64, with theirs: UInt32?) throws(OutboxStoreError) -> BatchComparison

  /// Bytes free on the disk; nil when it cannot be told.
  func freeBytes() -> Int?

  /// Bytes written to the disk since the start.
  var bytesWritten: Int { get }

  /// Bytes sent and received by day, newest first, at most 60 days.
  func traffic() throws(OutboxStoreError) -> [(day: String, sent: Int, received: Int)]
}
