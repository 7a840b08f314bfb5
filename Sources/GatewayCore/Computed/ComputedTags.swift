import TagExpressions
import TagWindows
public import Telemetry

/// The computed tags of a gateway: holds the newest readings of the tags that they use, and says when which computed device
/// is to be evaluated, and to what. Pure.
///
/// A device is evaluated when something came that one of its tags uses, at most once in its interval; what comes in between
/// is made up for when the interval is over. An expression over several devices waits for all of them to bring something,
/// a quarter of the interval at most, so that it joins values of one round. Only tags with something new are evaluated.
///
/// A window takes every sample of its tags, and its tag has something new when a window ended.
///
/// Scans of computed devices come back through ``took(_:started:now:)`` like all others, which brings them to other computed
/// devices; inside its own device a result is used at once, and what is new for one tag is new for those that use it.
public struct ComputedTags: Sendable {
  /// A tag of the catalogue that is used.
  struct Input: Sendable {
    var tag: TagIndex
    var definition: TagDefinition
    var known = ExpressionInput()
    /// Those that use it, directly or through other tags of their device, and are of another device than it.
    var users: [User] = []
  }

  struct User: Sendable {
    /// Place in `tags`.
    var tag: Int
    /// The bit of the input's device among the devices that the tag uses.
    var source: UInt64
  }

  struct Tag: Sendable {
    /// Place in `devices`.
    var device: Int
    /// Place among the device's tags.
    var place: Int
    /// `device/tag`.
    var name: String
    var definition: TagDefinition
    var calculation: ComputedDevice.Calculation
    var decimals: Int?
    /// Places in `inputs`.
    var inputs: [Int]
    /// Its own place in `inputs`, when others use it.
    var ownInput: Int?
    /// Tags of its device that use it, by their places in `tags`.
    var ownUsers: [Int] = []
    /// Of a tag that is a window.
    var window: TagWindow?
    /// What it came to, until that is told.
    var result: WindowResult?
    /// Changes with time alone, itself or by a tag of its device that it uses.
    var usesClock = false
    /// A bit for each other device that it uses; those beyond the 64th share one.
    var sources: UInt64 = 0
    /// Those that brought something since it was evaluated.
    var heard: UInt64 = 0
    var isDue = false
  }

  struct Device: Sendable {
    var place: Int
    var interval: Duration
    var tagCount: Int
    /// Places in `tags`, each behind those of the same device that it uses.
    var order: [Int] = []
    /// Devices with a smaller one are evaluated first.
    var rank = 0
    var usesClock = false
    /// Of the newest evaluation; nil before the first.
    var evaluated: MonotonicTime?
    /// Since when something new waits.
    var waitsSince: MonotonicTime?
    /// When the newest scan began that brought something.
    var started = MonotonicTime.zero
  }

  var inputs: [Input] = []
  var tags: [Tag] = []
  var devices: [Device] = []
  /// By place in the catalogue, the tags of that device which are used: place in the device, place in `inputs`.
  var used: [[(tag: Int, input: Int)]] = []
  /// Window time.
  var clock: WindowClock
  var nextLook = MonotonicTime.zero
  /// When a window may end without a sample.
  var nextSweep = MonotonicTime.never
  /// A scan has the time at which it began, and comes when it is done: a window whose time is over waits so long for one
  /// that is under way. A later sample ends it at once.
  let longestScan: Duration
  /// Places in `devices` of those that wait for their time, by rank.
  private var waiting: [Int] = []
  private var stack: ExpressionStack
  /// The values of `inputs`, side by side as programs want them.
  private(set) var values: [ExpressionInput] = []
  private var nextEvaluation = MonotonicTime.never
  /// When ``next(now:)`` may have something, unless something comes earlier.
  public var deadline: MonotonicTime { min(nextEvaluation, nextSweep) }

  /// How long an expression waits for the other devices that it uses: this part of the interval.
  static let patience = 4

  /// - Parameters:
  ///   - computed: none of their tags uses itself, and all places are those of the catalogue.
  ///   - wall: the wall clock, and `now` the clock since boot at the same moment.
  public init(
    _ computed: [ComputedDevice], catalogue: Catalogue, wall: Timestamp, now: MonotonicTime,
    longestScan: Duration = .seconds(2)
  ) {
    self.longestScan = longestScan
    stack = ExpressionStack(depth: 1)
    clock = WindowClock(wall: wall, now: now)
    used = Array(repeating: [], count: catalogue.devices.count)
    place(computed, catalogue)
    values = inputs.map(\.known)
    stack = ExpressionStack(depth: deepest)
    waiting = devices.indices.filter { devices[$0].usesClock }.sorted { devices[$0].rank < devices[$1].rank }
    if !waiting.isEmpty { nextEvaluation = .zero }
  }

  /// Nothing is computed.
  public var isEmpty: Bool { devices.isEmpty }

  // MARK: What comes

  /// Takes a scan of any device.
  public mutating func took(_ scan: DeviceScan, started: MonotonicTime, now: MonotonicTime) {
    for (tag, input) in used[scan.device] where scan.readings[tag].quality.level != .absent {
      take(scan.readings[tag], for: input, now: now)
      for user in inputs[input].users {
        if tags[user.tag].window != nil {
          feed(user.tag, from: input, at: started, now: now)
          if tags[user.tag].result != nil { tell(user.tag, started: started, now: now) }
          continue
        }
        tags[user.tag].isDue = true
        tags[user.tag].heard |= user.source
        wake(tags[user.tag].device, started: started, now: now)
      }
    }
  }

  /// A tag has something new, and need not wait for anything else.
  mutating func tell(_ place: Int, started: MonotonicTime, now: MonotonicTime) {
    tags[place].isDue = true
    tags[place].heard = tags[place].sources
    wake(tags[place].device, started: started, now: now)
  }

  private mutating func take(_ reading: Reading, for input: Int, now: MonotonicTime) {
    values[input].take(reading, inputs[input].definition, now: now)
  }

  private mutating func wake(_ device: Int, started: MonotonicTime, now: MonotonicTime) {
    devices[device].started = max(devices[device].started, started)
    if devices[device].waitsSince == nil {
      devices[device].waitsSince = now
      if !waiting.contains(device) {
        let rank = devices[device].rank
        waiting.insert(device, at: waiting.firstIndex { devices[$0].rank > rank } ?? waiting.endIndex)
      }
    }
    nextEvaluation = min(nextEvaluation, time(of: device))
  }

  // MARK: What is due

  /// When a device may be evaluated.
  private func time(of index: Int) -> MonotonicTime {
    let device = devices[index]
    let next = device.evaluated.map { $0 + device.interval } ?? .zero
    guard let since = device.waitsSince else { return device.usesClock ? next : .never }
    let isComplete = device.order.allSatisfy { !tags[$0].isDue || tags[$0].heard == tags[$0].sources }
    return max(next, isComplete ? since : since + device.interval / Self.patience)
  }

  /// The next scan that is due. Call it until it gives nil, and give each scan to ``took(_:started:now:)`` in between.
  public mutating func next(now: MonotonicTime) -> ComputedScan? {
    sweep(now: now)
    guard nextEvaluation <= now else { return nil }
    while let position = waiting.firstIndex(where: { time(of: $0) <= now }) {
      let index = waiting[position]
      if !devices[index].usesClock { waiting.remove(at: position) }
      if let scan = evaluate(index, now: now) { return scan }
    }
    nextEvaluation = waiting.reduce(.never) { min($0, time(of: $1)) }
    return nil
  }

  /// Nil when no tag has anything to tell.
  private mutating func evaluate(_ index: Int, now: MonotonicTime) -> ComputedScan? {
    var readings = Array(repeating: Reading.absent, count: devices[index].tagCount)
    var isEmpty = true
    for place in devices[index].order where tags[place].isDue || tags[place].usesClock {
      let reading = reading(of: place, now: now)
      tags[place].isDue = false
      tags[place].heard = 0
      readings[tags[place].place] = reading
      guard reading.quality.level != .absent else { continue }
      isEmpty = false
      guard let input = tags[place].ownInput else { continue }
      take(reading, for: input, now: now)
      for user in tags[place].ownUsers {
        if tags[user].window != nil { feed(user, from: input, at: devices[index].started, now: now) }
        if tags[user].window == nil || tags[user].result != nil { tags[user].isDue = true }
      }
    }
    devices[index].evaluated = now
    devices[index].waitsSince = nil
    // What changes with time alone is of now.
    let started = devices[index].usesClock ? now : devices[index].started
    return isEmpty ? nil : ComputedScan(device: devices[index].place, readings: readings, started: started)
  }

  private mutating func reading(of place: Int, now: MonotonicTime) -> Reading {
    let value: ExpressionValue
    switch tags[place].calculation {
    case .expression(let program):
      value = program.evaluate(values, places: tags[place].inputs, stack: &stack, now: now)
    case .window:
      guard let result = tags[place].result else { return .absent }
      tags[place].result = nil
      value = ExpressionValue(result.value ?? 0, result.quality)
    }
    guard value.hasValue else { return Reading(bits: 0, quality: value.quality) }
    guard tags[place].definition.type != .boolean else {
      return Reading(.boolean(value.number != 0), quality: value.quality)
    }
    let number = tags[place].decimals.map { ExpressionProgram.rounded(value.number, digits: $0) } ?? value.number
    return Reading(.float64(number), quality: value.quality)
  }

  // MARK: Another configuration

  /// Goes on after `old`: what is known of tags that stay is kept, and devices that are new are evaluated with it as soon as
  /// they can be.
  ///
  /// - Parameters:
  ///   - moved: the new place of a tag of the old catalogue; nil when it is not the same tag any more.
  ///   - latest: the newest scan of each device of the new catalogue.
  public mutating func goOn(
    after old: ComputedTags, latest: [DeviceScan?], now: MonotonicTime, moved: (TagIndex) -> TagIndex?
  ) {
    var known: [TagIndex: ExpressionInput] = [:]
    for (input, value) in zip(old.inputs, old.values) { if let tag = moved(input.tag) { known[tag] = value } }
    for index in inputs.indices {
      let tag = inputs[index].tag
      if let value = known[tag] {
        values[index] = value
      } else if let scan = latest[tag.device] {
        take(scan.readings[tag.tag], for: index, now: now)
      }
    }
    moveWindows(from: old, now: now, moved: moved)
    var before: [Int: Device] = [:]
    for device in old.devices {
      if let place = moved(TagIndex(device: device.place, tag: 0))?.device { before[place] = device }
    }
    for index in devices.indices {
      if let device = before[devices[index].place] {
        devices[index].evaluated = device.evaluated
        devices[index].started = device.started
        if device.waitsSince == nil { continue }
      }
      for place in devices[index].order where tags[place].window == nil {
        tags[place].isDue = true
        tags[place].heard = tags[place].sources
      }
      wake(index, started: now, now: now)
    }
  }
}
