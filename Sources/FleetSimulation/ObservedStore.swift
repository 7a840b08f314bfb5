import AlarmStates
import BatchCodec
import GatewayCore
import SQLiteOutbox
import Telemetry

/// The gateway's store with an eye on it: what a commit held when it returned is accepted, and must not be lost any more.
final class ObservedStore: OutboxStore {
  private let store: SQLiteOutbox
  private let gateway: String
  /// By the store's number.
  private var catalogues: [Int: Catalogue] = [:]
  private let history: History
  private let time: VirtualTime
  private let bugs: PlantedBugs
  private var seen: Set<Int64> = []
  /// Frames in commits whose outcome nobody knows, until the store says whether it has them.
  private var uncertain: [Int64: PendingFrame] = [:]
  /// Samples that it took in this life of the daemon.
  private(set) var keptSamples = 0
  private let slowness: Slowness?
  /// When the opening that goes on will be over.
  private var opensAt: MonotonicTime?

  /// How long openings take.
  struct Slowness {
    /// Nil: this one takes no time.
    var draw: () -> Duration?
    /// Called when one that took time is over.
    var onEnd: () -> Void
  }

  init(
    _ store: SQLiteOutbox, gateway: String, history: History, time: VirtualTime, bugs: PlantedBugs,
    slowness: Slowness? = nil
  ) {
    self.slowness = slowness
    self.store = store
    self.gateway = gateway
    self.history = history
    self.time = time
    self.bugs = bugs
  }

  var bytesWritten: Int { store.bytesWritten }
  var isOpen: Bool { store.isOpen }
  func close() {
    store.close()
    for frame in uncertain.values where frame.lane == .alarms {
      history.uncertainAlarms[gateway, default: []] += (try? FrameCodec.decodeAlarms(frame.bytes))?.events ?? []
    }
    uncertain = [:]
  }
  func open() throws(OutboxStoreError) -> [String] {
    try waitForOpening()
    let news = try noting { () throws(OutboxStoreError) in try store.open() }
    for line in news { note(line) }
    // A page that cannot be read just then counts as damage; and damage in use shows late. From then on what it may have
    // cost is excused.
    if news.contains(where: { $0.contains("was damaged") }) { history.setAside(gateway) }
    let mayBeLate = history.hadReadErrors.contains(gateway) || history.damagedAt[gateway] != nil
    if news.contains(where: { $0.contains("was damaged") }), mayBeLate {
      history.damagedAt[gateway] = time.now
    }
    if let state = try? state() {
      uncertain = [:]
      let frames = state.frames[.telemetry] ?? .init()
      note(
        "opened its store: frames through \(state.lastFrame), \(frames.count) "
          + "not cut, \(frames.waitingForClock) wait for the clock, batches through \(state[.telemetry].cutThrough)")
    }
    return news
  }

  /// As ``GatewayService``'s thread that opens: what it finds it finds at the end.
  private func waitForOpening() throws(OutboxStoreError) {
    if let end = opensAt {
      guard end <= time.now else { throw OutboxStoreError("the outbox is being opened", .opening) }
      opensAt = nil
    } else if let slowness, let length = slowness.draw() {
      note("its store takes \(length) to be opened")
      history.count(.slowOpening)
      opensAt = time.now + length
      time.at(time.now + length) { slowness.onEnd() }
      throw OutboxStoreError("the outbox is being opened", .opening)
    }
  }

  func state() throws(OutboxStoreError) -> OutboxState {
    let state = try store.state()
    for (number, frame) in uncertain.sorted(by: { $0.key < $1.key }) where number <= state.lastGivenFrame {
      accept(frame)
    }
    return state
  }
  func alarms() throws(OutboxStoreError) -> [SavedAlarm] { try store.alarms() }
  func alarmsInFrames() throws(OutboxStoreError) -> Set<String> { try store.alarmsInFrames() }
  func register(_ catalogue: Catalogue) throws(OutboxStoreError) -> Int {
    let number = try store.register(catalogue)
    catalogues[number] = catalogue
    return number
  }
  func freeBytes() -> Int? { store.freeBytes() }
  func traffic() throws(OutboxStoreError) -> [(day: String, sent: Int, received: Int)] { try store.traffic() }

  func batches(
    _ row: EpochLane, from number: UInt64, through: UInt64, maximumBytes: Int
  ) throws(OutboxStoreError) -> BatchesToSend {
    let found = try noting { () throws(OutboxStoreError) in
      try store.batches(row, from: number, through: through, maximumBytes: maximumBytes)
    }
    if let damaged = found.damaged { note("cannot read batch \(damaged) of \(row)") }
    return found
  }

  func telemetry(
    after position: StoredTelemetryPosition, in range: Range<Timestamp>, maximumBytes: Int
  ) throws(OutboxStoreError) -> StoredTelemetryPart? {
    try store.telemetry(after: position, in: range, maximumBytes: maximumBytes)
  }

  func checksum(_ row: EpochLane, number: UInt64) throws(OutboxStoreError) -> UInt32? {
    try store.checksum(row, number: number)
  }

  func compare(_ row: EpochLane, number: UInt64, with theirs: UInt32?) throws(OutboxStoreError) -> BatchComparison {
    try store.compare(row, number: number, with: theirs)
  }

  func commit(_ transaction: OutboxTransaction) throws(OutboxStoreError) -> OutboxState {
    let state: OutboxState
    do throws(OutboxStoreError) {
      state = try store.commit(transaction)
    } catch {
      note("\(error)")
      remember(transaction, isUnknown: error.kind == .outcomeUnknown)
      guard bugs.contains(.ignoresFailedCommits), error.kind != .damaged, let read = try? store.state() else {
        throw error
      }
      state = read
    }
    if let retirement = transaction.retirement {
      note("retires its epoch: \(retirement)")
    }
    if !transaction.missingAtCentral.isEmpty {
      note("missing at central: \(transaction.missingAtCentral)")
    }
    if !transaction.goneAtCentral.isEmpty {
      note("gone at central: \(transaction.goneAtCentral)")
    }
    for frame in transaction.frames { accept(frame) }
    uncertain = [:]
    return state
  }

  private func note(_ text: @autoclosure () -> String) {
    history.note("\(time.now.nanoseconds / 1_000_000) \(gateway) \(text())")
  }

  private func noting<Result>(_ body: () throws(OutboxStoreError) -> Result) throws(OutboxStoreError) -> Result {
    do throws(OutboxStoreError) {
      return try body()
    } catch {
      note("\(error)")
      throw error
    }
  }

  /// Nobody knows whether a failed commit took effect: alarms in it may arrive, and need not.
  private func remember(_ transaction: OutboxTransaction, isUnknown: Bool) {
    guard isUnknown else { return }
    for frame in transaction.frames where !seen.contains(frame.sequence) { uncertain[frame.sequence] = frame }
  }

  private func accept(_ frame: PendingFrame) {
    guard seen.insert(frame.sequence).inserted else { return }
    uncertain[frame.sequence] = nil
    if frame.lane == .telemetry { keptSamples += frame.sampleCount }
    switch frame.lane {
    case .alarms:
      guard let (events, _) = try? FrameCodec.decodeAlarms(frame.bytes) else {
        return history.report(.corrupt, "\(gateway): a frame of alarms cannot be read when it is committed")
      }
      history.alarms[gateway, default: []] += events
    case .telemetry:
      guard let catalogue = catalogues[frame.catalogueID],
        let (blocks, _) = try? FrameCodec.decodeTelemetry(frame.bytes, catalogue: catalogue)
      else {
        return history.report(.corrupt, "\(gateway): a frame cannot be read when it is committed")
      }
      for block in blocks { accept(block, catalogue.devices[block.device].name, frame) }
    }
  }

  private func accept(_ block: DeviceColumns, _ device: String, _ frame: PendingFrame) {
    for (row, sampleTime) in block.times.enumerated() where block.columns[0].qualities[row] == .good {
      let key = History.SampleKey(gateway: gateway, device: device, scan: block.columns[0].bits[row])
      history.accept(key, .init(time: sampleTime, at: time.now, hasBootTime: frame.hasBootTimes))
    }
  }
}

/// Faults that are built in on purpose, to see that the checker finds them.
public struct PlantedBugs: OptionSet, Sendable {
  public let rawValue: Int

  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The gateway takes a commit that failed for one that succeeded.
  public static let ignoresFailedCommits = Self(rawValue: 1)
  /// The gateway's disk does nothing when it is told to sync.
  public static let gatewayIgnoresSync = Self(rawValue: 2)
  /// Central's disk does nothing when it is told to sync.
  public static let centralIgnoresSync = Self(rawValue: 4)
  /// Central answers before it commits.
  public static let acknowledgesFirst = Self(rawValue: 8)
  /// Central forgets a batch now and then, and confirms it.
  public static let dropsBatches = Self(rawValue: 16)
  /// Central stores a batch again under another number, when it comes again.
  public static let storesTwice = Self(rawValue: 32)
  /// Central swaps two alarm events.
  public static let swapsAlarms = Self(rawValue: 64)
  /// Central's copy of a value changes.
  public static let changesValues = Self(rawValue: 128)
  /// A silent device's last values are taken for new ones.
  public static let repeatsOldValues = Self(rawValue: 256)
  /// Central stops answering for good.
  public static let stopsAnswering = Self(rawValue: 512)
  /// Central loses every loss notice.
  public static let losesNotices = Self(rawValue: 1_024)

  public static let names: [(name: String, bug: Self)] = [
    ("ignores-failed-commits", .ignoresFailedCommits), ("gateway-ignores-sync", .gatewayIgnoresSync),
    ("central-ignores-sync", .centralIgnoresSync), ("acknowledges-first", .acknowledgesFirst),
    ("drops-batches", .dropsBatches), ("stores-twice", .storesTwice), ("swaps-alarms", .swapsAlarms),
    ("changes-values", .changesValues), ("repeats-old-values", .repeatsOldValues),
    ("stops-answering", .stopsAnswering), ("loses-notices", .losesNotices),
  ]
}
