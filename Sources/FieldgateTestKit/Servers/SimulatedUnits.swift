public import Telemetry

/// The devices behind one TCP endpoint or on one serial line, with their faults.
///
/// Shared between the server's thread and whoever sets faults.
public final class SimulatedUnits: @unchecked Sendable {  // devices and faults are used under the lock
  /// What the server is to do with a request.
  enum Reaction: Hashable {
    case ignore
    case reply([UInt8])
    case damaged(Damage, [UInt8])
    /// Ask again, with `isLate`, after this time.
    case wait(milliseconds: Int)
    case drop
  }

  private let lock = Lock()
  private var devices: [SimulatedDevice]
  private var faults: [UInt8: Fault] = [:]
  private var requests: [UInt8: Int] = [:]
  private var order: [UInt8] = []
  private let start = monotonicNanoseconds()

  public init(_ devices: [SimulatedDevice]) {
    self.devices = devices
  }

  /// Unit ids, in order of the devices.
  public var units: [UInt8] { lock.withLock { devices.map(\.unit) } }

  /// Time since the start of the simulation: what signals are functions of.
  public var now: MonotonicTime { MonotonicTime(nanoseconds: monotonicNanoseconds() - start) }

  /// The devices as they are now.
  public var snapshot: [SimulatedDevice] { lock.withLock { devices } }

  /// Requests that reached a unit so far, whatever came of them.
  public func requestCount(unit: UInt8) -> Int { lock.withLock { requests[unit] ?? 0 } }

  /// The units of the newest requests, in the order in which they came; 1,000 at least, or all.
  public var requestOrder: [UInt8] { lock.withLock { order } }

  // MARK: Faults and values

  /// The fault of a unit; nil when it is well.
  public func fault(unit: UInt8) -> Fault? { lock.withLock { faults[unit] } }

  /// Nil clears it.
  public func setFault(_ fault: Fault?, unit: UInt8) { lock.withLock { faults[unit] = fault } }

  /// Holds a tag at a value; nil lets it follow its signal again. False when there is no such tag.
  public func force(device: String, tag: String, to value: Double?) -> Bool {
    lock.withLock {
      guard let index = devices.firstIndex(where: { $0.name == device }),
        let tagIndex = devices[index].tags.firstIndex(where: { $0.name == tag })
      else { return false }
      devices[index].force(tag: tagIndex, to: value)
      return true
    }
  }

  /// The values of a device at this moment, in order of its tags.
  public func values(device: String) -> [Double] {
    let time = now
    return lock.withLock {
      guard let index = devices.firstIndex(where: { $0.name == device }) else { return [] }
      return devices[index].tags.indices.map { devices[index].value(ofTag: $0, at: time) }
    }
  }

  // MARK: Requests

  /// Nil when no device has this unit id.
  ///
  /// - Parameter isLate: true when a delay has passed and the reply is due.
  func react(unit: UInt8, request: [UInt8], isLate: Bool = false) -> Reaction? {
    let time = now
    return lock.withLock {
      guard let index = devices.firstIndex(where: { $0.unit == unit }) else { return nil }
      if !isLate {
        requests[unit, default: 0] += 1
        order.append(unit)
        if order.count > 2_000 { order.removeFirst(1_000) }
        if let fault = takeFault(unit) {
          return Self.reaction(fault.kind, request, device: devices[index], at: time)
        }
      }
      return .reply(devices[index].reply(to: request, at: time))
    }
  }

  private func takeFault(_ unit: UInt8) -> Fault? {
    guard let fault = faults[unit] else { return nil }
    if let times = fault.times { faults[unit] = times > 1 ? Fault(fault.kind, times: times - 1) : nil }
    return fault
  }

  /// A garbled reply is made from a copy of the device: only intact replies count as scans.
  private static func reaction(
    _ kind: Fault.Kind, _ request: [UInt8], device: SimulatedDevice, at time: MonotonicTime
  ) -> Reaction {
    switch kind {
    case .silent: return .ignore
    case .delay(let milliseconds): return .wait(milliseconds: milliseconds)
    case .exception(let code): return .reply(SimulatedDevice.exceptionReply(to: request, code))
    case .damaged(let damage):
      var copy = device
      return .damaged(damage, copy.reply(to: request, at: time))
    case .drop: return .drop
    }
  }
}
