public import Telemetry

/// Notices values that grew old: of a sensor that stopped sending, of a tag that its device no longer mentions, of a bus
/// that hangs. Pure.
///
/// Once for each silence it makes a scan in which the old tags are uncertain (stale), their last value kept, and all others
/// absent. That scan goes the way of every scan, so that the broker, the store and central learn of it too.
public struct StaleWatch: Sendable {
  private struct Device: Sendable {
    /// One a tag; nil: never stale.
    var limits: [Duration?]
    var readings: [Reading]
    var texts: [Int: String] = [:]
    var heard: [MonotonicTime]
    var deadline = MonotonicTime.never
  }

  private var devices: [Device?]
  /// When ``expire(now:wall:)`` will next give something.
  public private(set) var deadline = MonotonicTime.never

  /// - Parameter limits: by device, then by tag: a value older than this is stale; nil: never.
  public init(limits: [[Duration?]]) {
    devices = limits.map { tags in
      guard tags.contains(where: { $0 != nil }) else { return nil }
      return Device(
        limits: tags, readings: tags.map { _ in .absent }, heard: Array(repeating: .zero, count: tags.count))
    }
  }

  /// Takes a scan that arrived now.
  public mutating func took(_ scan: DeviceScan, now: MonotonicTime) {
    guard devices[scan.device] != nil else { return }
    for (tag, reading) in scan.readings.enumerated() where reading.quality.level != .absent {
      devices[scan.device]?.readings[tag] = reading
      devices[scan.device]?.heard[tag] = now
      if let text = scan.texts[tag] { devices[scan.device]?.texts[tag] = text }
    }
    renewDeadline(of: scan.device)
  }

  private mutating func renewDeadline(of index: Int) {
    guard var device = devices[index] else { return }
    var next = MonotonicTime.never
    for (tag, limit) in device.limits.enumerated() {
      guard let limit, Self.canGrowOld(device.readings[tag]) else { continue }
      next = min(next, device.heard[tag] + limit)
    }
    device.deadline = next
    devices[index] = device
    deadline = devices.lazy.compactMap { $0?.deadline }.min() ?? .never
  }

  /// Bad readings say already that there is no value, and stale ones were told.
  private static func canGrowOld(_ reading: Reading) -> Bool {
    reading.quality.hasValue && reading.quality.reason != .stale
  }

  /// The scans of what is stale now and was not before.
  ///
  /// - Parameter wall: their time.
  public mutating func expire(now: MonotonicTime, wall: Timestamp) -> [DeviceScan] {
    guard deadline <= now else { return [] }
    var scans: [DeviceScan] = []
    for index in devices.indices {
      guard let device = devices[index], device.deadline <= now else { continue }
      var scan = DeviceScan(
        device: index, time: wall, readings: Array(repeating: .absent, count: device.limits.count))
      for (tag, limit) in device.limits.enumerated() {
        guard let limit, Self.canGrowOld(device.readings[tag]), device.heard[tag] + limit <= now else { continue }
        let stale = Reading(bits: device.readings[tag].bits, quality: .uncertain(.stale))
        scan.readings[tag] = stale
        scan.texts[tag] = device.texts[tag]
        devices[index]?.readings[tag] = stale
      }
      scans.append(scan)
      renewDeadline(of: index)
    }
    return scans
  }
}
