import TagExpressions
import TagWindows
public import Telemetry

/// Windows: they take every sample of their tags, and tell what a window came to when it ends.
extension ComputedTags {
  /// How often all windows are looked through at most, for those that end without a sample.
  static let sweepInterval = Duration.milliseconds(100)
  /// How often window time is compared with the wall clock.
  static let lookInterval = Duration.seconds(1)

  public var hasWindows: Bool { tags.contains { $0.window != nil } }

  /// Compares window time with the wall clock now and then; when that was set, windows are shifted along.
  public mutating func look(wall: Timestamp, now: MonotonicTime) {
    guard nextLook <= now else { return }
    nextLook = now + Self.lookInterval
    guard let step = clock.look(wall: wall, now: now) else { return }
    for index in tags.indices { tags[index].window?.shift(by: step) }
    if nextSweep != .never { nextSweep = now }
  }

  /// Gives a window what is known of one of its inputs now.
  mutating func feed(_ place: Int, from input: Int, at started: MonotonicTime, now: MonotonicTime) {
    let value = values[input].value
    tags[place].window?.take(
      value.hasValue ? value.number : nil, quality: value.quality, time: clock.time(at: started))
    finish(place, now: now)
  }

  /// Takes the results that are due; of several the newest is told. Says when the next one will be due without a sample.
  private mutating func finish(_ place: Int, now: MonotonicTime) {
    while let result = tags[place].window?.next() { tags[place].result = result }
    if let end = tags[place].window?.deadline { nextSweep = min(nextSweep, moment(of: end, now: now) + longestScan) }
  }

  private func moment(of time: Timestamp, now: MonotonicTime) -> MonotonicTime {
    now + .milliseconds(max(0, time.milliseconds - clock.time(at: now).milliseconds))
  }

  /// Ends windows whose time is over.
  mutating func sweep(now: MonotonicTime) {
    guard nextSweep <= now else { return }
    nextSweep = .never
    let time = clock.time(at: now) + (.zero - longestScan)
    for index in tags.indices where tags[index].window != nil {
      tags[index].window?.advance(to: time)
      finish(index, now: now)
      if tags[index].result != nil { tell(index, started: now, now: now) }
    }
    nextSweep = max(nextSweep, now + Self.sweepInterval)
  }

  // MARK: Over reloads and restarts

  /// A window goes on where the tag of the same name is the same window over the same tags.
  mutating func moveWindows(from old: ComputedTags, now: MonotonicTime, moved: (TagIndex) -> TagIndex?) {
    clock = old.clock
    nextLook = old.nextLook
    let known = Dictionary(old.tags.enumerated().map { ($0.element.name, $0.offset) }) { first, _ in first }
    for index in tags.indices {
      guard let window = tags[index].window, let place = known[tags[index].name],
        let before = old.tags[place].window, before.specification == window.specification,
        old.tags[place].inputs.map({ moved(old.inputs[$0].tag) }) == tags[index].inputs.map({ inputs[$0].tag })
      else { continue }
      tags[index].window = before
      tags[index].result = old.tags[place].result
      nextSweep = now
    }
  }

  private static let version: UInt8 = 1

  /// What all windows have gathered, each with its tag's name.
  public func saved() -> [UInt8] {
    var bytes = [Self.version]
    for tag in tags {
      guard let window = tag.window else { continue }
      let state = window.saved()
      bytes.append(UInt8(tag.name.utf8.count))
      bytes += tag.name.utf8
      withUnsafeBytes(of: UInt64(state.count).littleEndian) { bytes.append(contentsOf: $0) }
      bytes += state
    }
    return bytes
  }

  /// Windows go on where they were saved; those that are others now begin anew. Call it before anything is taken.
  ///
  /// - Returns: the names of tags whose windows could not be taken up.
  public mutating func restore(_ bytes: [UInt8], now: MonotonicTime) -> [String] {
    var states: [String: ArraySlice<UInt8>] = [:]
    var rest = bytes[...]
    guard rest.popFirst() == Self.version else { return [] }
    while let length = rest.popFirst() {
      let name = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
      rest = rest.dropFirst(Int(length))
      let count = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      rest = rest.dropFirst(8)
      guard count <= UInt64(rest.count) else { break }
      states[name] = rest.prefix(Int(count))
      rest = rest.dropFirst(Int(count))
    }
    var failed: [String] = []
    for index in tags.indices {
      guard let specification = tags[index].window?.specification, let state = states[tags[index].name] else {
        continue
      }
      do throws(WindowStateError) {
        var window = try TagWindow(specification, restoring: Array(state))
        window.resume(at: clock.time(at: now))
        tags[index].window = window
        nextSweep = now
      } catch {
        failed.append(tags[index].name)
      }
    }
    return failed
  }
}
