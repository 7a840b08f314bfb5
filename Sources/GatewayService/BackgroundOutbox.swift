import AlarmStates
import GatewayCore
import SQLiteOutbox
import Synchronization
import Telemetry
import Threads

/// The outbox, whose opening goes on beside everything else: it reads the whole file, and writes it anew where it is damaged,
/// which takes minutes where the file is large and the disk slow. Until then it is as one that cannot be opened yet.
///
/// Opening is waited for a moment, which is enough for all but such files: the first values then find the store open.
final class BackgroundOutbox: OutboxStore, @unchecked Sendable {  // the engine's, and during an opening its thread's
  static let patience = Duration.seconds(2)
  /// Less than systemd allows for stopping.
  static let patienceAtEnd = Duration.seconds(15)

  private final class Opening: Sendable {
    let since: Timestamp
    let end = Mailbox<Result<[String], OutboxStoreError>>(capacity: 1)
    init(since: Timestamp) { self.since = since }
  }

  private let store: SQLiteOutbox
  private let directory: String
  private let patience: Duration
  private let onEnd: @Sendable () -> Void
  private let work = OpeningWork()
  /// When nobody waits for an opening any more; nil: the daemon goes on.
  private let end = Mutex<MonotonicTime?>(nil)
  private var opening: (work: Opening, thread: NamedThread)?
  // As last known, for while the store belongs to another thread.
  private var knownFreeBytes: Int?
  private var knownBytesWritten = 0

  /// - Parameters:
  ///   - onEnd: called on another thread when an opening is over: where ``open()`` did not wait for it, the next call has its
  ///     result.
  init(_ place: OutboxPlace, patience: Duration = BackgroundOutbox.patience, onEnd: @escaping @Sendable () -> Void) {
    var place = place
    place.listener = work
    store = SQLiteOutbox(place)
    directory = place.directory
    self.patience = patience
    self.onEnd = onEnd
    knownFreeBytes = store.freeBytes()
  }

  /// Keeps other daemons away (``SQLiteOutbox/claimDirectory()``); before anything is opened.
  func claimDirectory() throws(OutboxStoreError) { try store.claimDirectory() }

  /// - Throws: of kind `opening` while it goes on; the call after its end has the result.
  func open() throws(OutboxStoreError) -> [String] {
    let left = end.withLock { $0 }.map { $0 - SystemClock.monotonic() }
    let wait = left ?? (opening == nil ? patience : .zero)
    let (current, thread) = opening ?? begin()
    opening = (current, thread)
    guard let result = current.end.receive(timeout: wait).first else {
      throw OutboxStoreError(
        "\(work.current ?? "the outbox is being opened"), since \(current.since.iso8601): the whole file in \(directory) "
          + "is read, values wait in memory, and alarms from before the start are known when it is done", .opening)
    }
    opening = nil
    thread.join()
    return try result.get()
  }

  private func begin() -> (work: Opening, thread: NamedThread) {
    let opening = Opening(since: SystemClock.wall())
    let thread = NamedThread("outbox-opening") { [self] in
      do throws(OutboxStoreError) {
        opening.end.send(.success(try store.open()), always: true)
      } catch {
        opening.end.send(.failure(error), always: true)
      }
      onEnd()
    }
    return (opening, thread)
  }

  /// From another thread: from now on an opening is waited for, ``patienceAtEnd`` in all, because what is in memory is lost
  /// otherwise.
  func willEnd() { end.withLock { $0 = SystemClock.monotonic() + Self.patienceAtEnd } }

  /// What is still being opened stays as a killed daemon would leave it.
  func close() { if opening == nil { store.close() } }

  private func owned() throws(OutboxStoreError) -> SQLiteOutbox {
    guard opening == nil else { throw OutboxStoreError("the outbox in \(directory) is not open yet", .opening) }
    return store
  }

  var isOpen: Bool { opening == nil && store.isOpen }
  func state() throws(OutboxStoreError) -> OutboxState { try owned().state() }
  func alarms() throws(OutboxStoreError) -> [SavedAlarm] { try owned().alarms() }
  func alarmsInFrames() throws(OutboxStoreError) -> Set<String> { try owned().alarmsInFrames() }
  func register(_ catalogue: Catalogue) throws(OutboxStoreError) -> Int { try owned().register(catalogue) }
  func commit(_ transaction: OutboxTransaction) throws(OutboxStoreError) -> OutboxState {
    try owned().commit(transaction)
  }

  func batches(
    _ row: EpochLane, from number: UInt64, through: UInt64, maximumBytes: Int
  ) throws(OutboxStoreError) -> BatchesToSend {
    try owned().batches(row, from: number, through: through, maximumBytes: maximumBytes)
  }

  func telemetry(
    after position: StoredTelemetryPosition, in range: Range<Timestamp>, maximumBytes: Int
  ) throws(OutboxStoreError) -> StoredTelemetryPart? {
    try owned().telemetry(after: position, in: range, maximumBytes: maximumBytes)
  }

  func checksum(_ row: EpochLane, number: UInt64) throws(OutboxStoreError) -> UInt32? {
    try owned().checksum(row, number: number)
  }

  func compare(_ row: EpochLane, number: UInt64, with theirs: UInt32?) throws(OutboxStoreError) -> BatchComparison {
    try owned().compare(row, number: number, with: theirs)
  }

  func traffic() throws(OutboxStoreError) -> [(day: String, sent: Int, received: Int)] { try owned().traffic() }

  func freeBytes() -> Int? {
    if opening == nil { knownFreeBytes = store.freeBytes() }
    return knownFreeBytes
  }

  var bytesWritten: Int {
    if opening == nil { knownBytesWritten = store.bytesWritten }
    return knownBytesWritten
  }
}

/// What the thread that opens is doing, for people.
private final class OpeningWork: LongWorkListener, Sendable {
  private let work = Mutex<[String]>([])

  var current: String? { work.withLock { $0.last } }
  func begins(_ what: String) { work.withLock { $0.append(what) } }
  func ended() { work.withLock { _ = $0.popLast() } }
}
