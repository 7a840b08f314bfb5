public import Telemetry

/// Which device is due when. Every device stays on its own grid (first due time + n × interval) for ever: a late scan
/// never shifts the following ones, and a missed one is counted, not made up for.
///
/// Of those that are due the one whose next due time comes first goes first (earliest deadline first): a fast device is
/// not late because a slow one happened to be due before it. A device that waits keeps its deadline, so none starves.
public struct PollSchedule: Sendable {
  /// A scan that starts now.
  public struct Start: Hashable, Sendable {
    /// Position in the list of paces.
    public var index: Int
    /// The newest point of the device's grid that is not in the future.
    public var due: MonotonicTime
    /// Earlier points of the grid that were missed since the last start.
    public var skipped: Int
  }

  private struct Entry: Sendable {
    var due: MonotonicTime
    var pace: PollPace
    /// While it is watched closely: a point of its own grid, and its own pace.
    var own: (due: MonotonicTime, pace: PollPace)?

    /// A scan that has not started by then is late for the next one.
    var deadline: MonotonicTime {
      pace.isContinuous ? due + PollSchedule.longestWait : due + pace.interval
    }
  }

  /// First scans are spread over one interval, but nobody waits longer than this for the first value of a slow device.
  public static let longestSpread = Duration.seconds(10)
  /// Devices that are asked as often as the line allows yield to all others for so long, and no longer.
  public static let longestWait = Duration.seconds(10)

  /// How often continuous devices are reported while they cannot be asked.
  public static let idlePace = Duration.seconds(1)

  private var entries: [Entry]

  /// - Parameters:
  ///   - paces: intervals of more than zero each.
  ///   - seed: of the initial due times.
  public init(paces: [PollPace], seed: UInt64, now: MonotonicTime) {
    var generator = PollingGenerator(seed: seed)
    var fraction = Double.random(in: 0..<1, using: &generator)
    entries = paces.map { pace in
      precondition(pace.interval > .zero, "a scan interval must be more than zero")
      let spread = Double(min(pace.interval, Self.longestSpread).wholeNanoseconds)
      // Steps of the golden ratio spread any number of devices evenly, also those of one interval among others.
      fraction = (fraction + 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
      return Entry(due: now + .nanoseconds(Int64(spread * fraction)), pace: pace)
    }
  }

  /// Of devices that all have a fixed interval.
  public init(intervals: [Duration], seed: UInt64, now: MonotonicTime) {
    self.init(paces: intervals.map { PollPace(interval: $0) }, seed: seed, now: now)
  }

  /// The schedule of another list of devices: those that stay keep their grid.
  ///
  /// - Parameter kept: for each of the new paces the place that it had here; nil when its grid begins anew.
  func rearranged(paces: [PollPace], kept: [Int?], seed: UInt64, now: MonotonicTime) -> Self {
    var schedule = Self(paces: paces, seed: seed, now: now)
    for (index, old) in kept.enumerated() { if let old { schedule.entries[index] = entries[old] } }
    return schedule
  }

  /// From one scan of a device to the next, as things are now.
  ///
  /// - Parameter index: as in ``Start``.
  func interval(_ index: Int) -> Duration { entries[index].pace.interval }

  /// Lets a device be due more often for a while, beginning at once, or (nil) goes on with its own grid.
  ///
  /// - Parameter index: as in ``Start``; a continuous device stays as it is.
  public mutating func watchClosely(_ index: Int, every interval: Duration?, now: MonotonicTime) {
    guard !entries[index].pace.isContinuous else { return }
    if let interval {
      precondition(interval > .zero, "a scan interval must be more than zero")
      let isNew = entries[index].own == nil
      guard isNew || entries[index].pace.interval != interval else { return }
      if isNew { entries[index].own = (entries[index].due, entries[index].pace) }
      entries[index].pace = PollPace(interval: interval)
      entries[index].due = min(entries[index].due, isNew ? now : now + interval)
    } else if let own = entries[index].own {
      let step = max(1, own.pace.interval.wholeNanoseconds)
      let missed = max(0, (now - own.due).wholeNanoseconds + step - 1) / step
      entries[index] = Entry(due: own.due + .nanoseconds(missed * step), pace: own.pace)
    }
  }

  /// The earliest due time of all; ``MonotonicTime/never`` without devices.
  public var nextDue: MonotonicTime {
    entries.reduce(MonotonicTime.never) { min($0, $1.due) }
  }

  /// There is nothing to ask a continuous device for now: it need not be looked at again and again.
  ///
  /// - Parameter index: as in ``Start``; without effect for a device with a fixed interval, which stays on its grid.
  public mutating func rest(_ index: Int, now: MonotonicTime) {
    guard entries[index].pace.isContinuous else { return }
    entries[index].due = now + max(entries[index].pace.interval, Self.idlePace)
  }

  /// The due device with the earliest deadline, if any is due; its next due time moves on along its grid.
  public mutating func start(now: MonotonicTime) -> Start? {
    // A bus has at most a few hundred devices, so a search in order costs less than keeping a heap.
    let due = entries.indices.lazy.filter { [entries] in entries[$0].due <= now }
    guard let index = due.min(by: { (entries[$0].deadline, entries[$0].due) < (entries[$1].deadline, entries[$1].due) })
    else { return nil }
    let entry = entries[index]
    guard !entry.pace.isContinuous else {
      entries[index].due = now + entry.pace.interval
      return Start(index: index, due: now, skipped: 0)
    }
    let interval = max(1, entry.pace.interval.wholeNanoseconds)
    let skipped = (now - entry.due).wholeNanoseconds / interval
    let latest = entry.due + .nanoseconds(skipped * interval)
    entries[index].due = latest + .nanoseconds(interval)
    return Start(index: index, due: latest, skipped: Int(skipped))
  }
}
