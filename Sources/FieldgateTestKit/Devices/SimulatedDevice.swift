public import Telemetry

/// A Modbus device: a unit id and tags whose values follow their signals.
///
/// A value type without clock or socket: ``reply(to:at:)`` is told the time. Values move in steps of
/// ``stepNanoseconds``; writes to coils and holding registers stay until the simulation ends.
public struct SimulatedDevice: Sendable {
  /// Values are computed at most this often, so that serving tens of thousands of requests a second stays cheap.
  public static let stepNanoseconds: Int64 = 10_000_000

  /// Unique in the simulation; also the device's name in the gateway's configuration.
  public let name: String
  /// 0 to 255 (TCP), 1 to 247 (RTU).
  public let unit: UInt8
  public let tags: [SimulatedTag]
  public let seed: UInt64
  /// Requests answered with data or with an acknowledged write.
  public internal(set) var goodReplies = 0

  var images: [RegisterImage]
  private var lastStep: Int64 = .min
  var scanCounts: [Int]
  /// Values set by hand, by index of the tag.
  private var forced: [Int: Double] = [:]

  /// - Parameters:
  ///   - seed: sets the noise of its signals; each tag draws its own from it.
  ///   - fillsGaps: whether reading an address between two tags gives 0 rather than exception 2.
  public init(name: String, unit: UInt8, seed: UInt64 = 1, fillsGaps: Bool = false, tags: [SimulatedTag]) {
    self.name = name
    self.unit = unit
    self.tags = tags
    self.seed = seed
    images = RegisterTable.allCases.map { table in
      let points = tags.map(\.point).filter { $0.table == table }
      return RegisterImage(addresses: points.flatMap { Array($0.addresses) }, fillsGaps: fillsGaps)
    }
    scanCounts = [Int](repeating: 0, count: tags.count)
  }

  /// The seed of one tag's signal.
  public func seed(ofTag index: Int) -> UInt64 { SplitMix64.mix(seed &* 65_537 &+ UInt64(index)) }

  /// The time that values at `time` are computed for.
  public static func step(of time: MonotonicTime) -> MonotonicTime {
    MonotonicTime(nanoseconds: time.nanoseconds / stepNanoseconds * stepNanoseconds)
  }

  /// What the device measures at `time`, after its encoding: as a gateway reads it. Does not count as a read.
  public mutating func value(ofTag index: Int, at time: MonotonicTime) -> Double {
    refresh(time)
    let point = tags[index].point
    return tags[index].value(of: Array(images[Int(point.table.rawValue)][point.addresses]))
  }

  /// Holds a tag at a value, or lets it follow its signal again.
  public mutating func force(tag index: Int, to value: Double?) {
    forced[index] = value
    let point = tags[index].point
    images[Int(point.table.rawValue)].forgetWrites(point.addresses)
    lastStep = .min
  }

  mutating func refresh(_ time: MonotonicTime) {
    let step = Self.step(of: time)
    guard step.nanoseconds != lastStep else { return }
    lastStep = step.nanoseconds
    for (index, tag) in tags.enumerated() {
      let value: Double
      if let given = forced[index] {
        value = given
      } else if tag.signal == .scanCounter {
        value = Double(scanCounts[index])
      } else {
        value = tag.signal.value(seed: seed(ofTag: index), at: step)
      }
      images[Int(tag.point.table.rawValue)].set(tag.entries(for: value), at: Int(tag.point.address))
    }
  }

  /// Counts a read of the tags that are scan counters and begin in `addresses`.
  mutating func countScans(_ table: RegisterTable, _ addresses: Range<Int>) {
    for (index, tag) in tags.enumerated()
    where tag.signal == .scanCounter && tag.point.table == table && addresses.contains(Int(tag.point.address)) {
      scanCounts[index] += 1
      guard forced[index] == nil else { continue }
      images[Int(table.rawValue)].set(tag.entries(for: Double(scanCounts[index])), at: Int(tag.point.address))
    }
  }
}

extension RegisterPoint {
  var addresses: Range<Int> { Int(address)..<Int(address) + entryCount }
}
