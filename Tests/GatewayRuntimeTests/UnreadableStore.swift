import AlarmStates
import GatewayCore
import SQLiteOutbox
import Telemetry

/// What a test lets fail.
final class ReadFaults {
  var checksums = false
  /// No commit comes to its end.
  var commits = false
  /// The opening does not come to an end.
  var isOpening = false
  /// The next commit finds the file damaged; this is what happened to it.
  var damage: (() -> Void)?
}

/// A real store of which some reads fail, as on a disk with a bad sector, or that takes long to be opened.
final class UnreadableStore: OutboxStore {
  private let store: SQLiteOutbox
  private let faults: ReadFaults

  init(_ store: SQLiteOutbox, _ faults: ReadFaults) {
    self.store = store
    self.faults = faults
  }

  func checksum(_ row: EpochLane, number: UInt64) throws(OutboxStoreError) -> UInt32? {
    guard !faults.checksums else { throw OutboxStoreError("disk I/O error") }
    return try store.checksum(row, number: number)
  }

  func compare(_ row: EpochLane, number: UInt64, with theirs: UInt32?) throws(OutboxStoreError) -> BatchComparison {
    guard !faults.checksums else { throw OutboxStoreError("disk I/O error") }
    return try store.compare(row, number: number, with: theirs)
  }

  func open() throws(OutboxStoreError) -> [String] {
    guard !faults.isOpening else { throw OutboxStoreError("the outbox is being checked", .opening) }
    return try store.open()
  }
  func state() throws(OutboxStoreError) -> OutboxState { try store.state() }
  func alarms() throws(OutboxStoreError) -> [SavedAlarm] { try store.alarms() }
  func alarmsInFrames() throws(OutboxStoreError) -> Set<String> { try store.alarmsInFrames() }
  func register(_ catalogue: Catalogue) throws(OutboxStoreError) -> Int { try store.register(catalogue) }
  func commit(_ transaction: OutboxTransaction) throws(OutboxStoreError) -> OutboxState {
    guard !faults.commits else { throw OutboxStoreError("disk I/O error") }
    if let damage = faults.damage {
      faults.damage = nil
      store.close()
      damage()
      throw OutboxStoreError("the outbox is damaged", .damaged)
    }
    return try store.commit(transaction)
  }
  func batches(
    _ row: EpochLane, from number: UInt64, through: UInt64, maximumBytes: Int
  ) throws(OutboxStoreError) -> BatchesToSend {
    try store.batches(row, from: number, through: through, maximumBytes: maximumBytes)
  }
  func telemetry(
    after position: StoredTelemetryPosition, in range: Range<Timestamp>, maximumBytes: Int
  ) throws(OutboxStoreError) -> StoredTelemetryPart? {
    try store.telemetry(after: position, in: range, maximumBytes: maximumBytes)
  }
  func freeBytes() -> Int? { store.freeBytes() }
  var bytesWritten: Int { store.bytesWritten }
  var isOpen: Bool { store.isOpen }
  func traffic() throws(OutboxStoreError) -> [(day: String, sent: Int, received: Int)] { try store.traffic() }
}
