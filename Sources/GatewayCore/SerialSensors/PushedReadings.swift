import Telemetry

/// The readings of a device that sends by itself: what is new, what has become stale, and when it is time for a scan.
struct PushedReadings: Sendable {
  /// A device that pours out messages gets no more than a hundred scans a second; the newest values count.
  static let shortestInterval = Duration.milliseconds(10)

  private let interval: Duration
  private let staleAfter: Duration
  /// Newest readings since the last scan.
  private var pending: [Reading]
  /// Their texts.
  private var texts: [Int: String] = [:]
  /// When the newest message came; nil when nothing is pending.
  private var pendingTime: (wall: Timestamp, now: MonotonicTime)?
  private var lastScan: MonotonicTime?
  private var lastMessage: MonotonicTime
  /// When each tag is stale; after it was told so, when it is told again.
  private var staleAt: [MonotonicTime]

  init(tags: Int, interval: Duration, staleAfter: Duration, now: MonotonicTime) {
    self.interval = max(interval, Self.shortestInterval)
    self.staleAfter = staleAfter
    pending = [Reading](repeating: .absent, count: tags)
    staleAt = [MonotonicTime](repeating: now + staleAfter, count: tags)
    lastMessage = now
  }

  /// How often what is wrong is told again.
  private var repetition: Duration { max(interval, staleAfter) }

  var deadline: MonotonicTime {
    let stale = staleAt.min() ?? .never
    guard pendingTime != nil else { return stale }
    return min(stale, lastScan.map { $0 + interval } ?? .zero)
  }

  /// The line was opened: what it says from now on counts.
  mutating func restart(now: MonotonicTime) {
    for tag in staleAt.indices { staleAt[tag] = now + staleAfter }
    lastMessage = now
  }

  /// A message came; what it does not have is absent.
  ///
  /// - Returns: an earlier message waits for the same scan.
  mutating func took(_ readings: [Reading], _ new: [Int: String], now: MonotonicTime, wall: Timestamp) -> Bool {
    let isMerged = pendingTime != nil
    for (tag, reading) in readings.enumerated() where reading != .absent {
      pending[tag] = reading
      texts[tag] = new[tag]
      staleAt[tag] = now + staleAfter
    }
    pendingTime = (wall, now)
    lastMessage = now
    return isMerged
  }

  /// A scan, when one is due: of what came, and of what did not come for too long.
  mutating func scan(device: Int, now: MonotonicTime, wall: Timestamp, isForced: Bool = false)
    -> (scan: DeviceScan, started: MonotonicTime)?
  {
    guard now >= deadline || isForced && pendingTime != nil else { return nil }
    var readings = pending
    let reason: Quality.Reason = now - lastMessage >= staleAfter ? .timeout : .stale
    for tag in staleAt.indices where staleAt[tag] <= now {
      staleAt[tag] = now + repetition
      // What came and was then not refreshed until the scan was due is still what came.
      if readings[tag] == .absent { readings[tag] = .bad(reason) }
    }
    let time = pendingTime ?? (wall, now)
    pendingTime = nil
    lastScan = now
    for tag in pending.indices { pending[tag] = .absent }
    defer { texts = [:] }
    guard readings.contains(where: { $0 != .absent }) else { return nil }
    return (DeviceScan(device: device, time: time.wall, readings: readings, texts: texts), time.now)
  }

  /// A scan that says that the line is down; the next one follows at ``deadline``.
  mutating func down(device: Int, now: MonotonicTime, wall: Timestamp) -> DeviceScan {
    for tag in staleAt.indices { staleAt[tag] = now + repetition }
    lastScan = now
    return DeviceScan(device: device, time: wall, readings: staleAt.map { _ in .bad(.busDown) })
  }
}
