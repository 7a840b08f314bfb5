import GatewayCore
import GatewayRuntime
import Telemetry

/// All that happened, as far as the checker needs it.
final class History {
  /// A sample is known by its device and the number of the scan that it came from; its values follow from both.
  struct SampleKey: Hashable {
    var gateway: String
    var device: String
    var scan: Int64
  }

  struct Accepted {
    var time: Timestamp
    /// When the commit that holds it returned.
    var at: MonotonicTime
    var hasBootTime: Bool
  }

  struct AlarmKey: Hashable {
    var gateway: String
    var alarm: String
    var transition: AlarmEvent.Transition
    var value: Double?
  }

  /// Samples that a commit held when it returned.
  var accepted: [SampleKey: Accepted] = [:]
  /// Scans that a device really answered, by gateway and device: the highest number.
  var scans: [String: Int64] = [:]
  /// Alarm events in the order in which they were committed, by gateway.
  var alarms: [String: [AlarmEvent]] = [:]
  /// Alarm events in commits whose outcome nobody knew.
  var uncertainAlarms: [String: [AlarmEvent]] = [:]
  /// Batches that central committed, by lane and number; a second, different one under a number is a fault of the protocol.
  var committed: [String: UInt32] = [:]
  /// Times at which a store was damaged, restored or copied, or central was restored.
  var damagedAt: [String: MonotonicTime] = [:]
  /// Stores that were set back: when the backup was made, and when it was put back.
  var rollbacks: [String: [(from: MonotonicTime, to: MonotonicTime)]] = [:]
  var cloned: Set<String> = []
  var centralRestored = false
  /// Samples and alarm events that memory had no room for, by gateway.
  var unheld: [String: (samples: Int, alarms: Int)] = [:]
  /// Times that a store was damaged since it was set aside last, by gateway.
  var injuries: [String: Int] = [:]
  /// Gateways whose disk failed to read for a while.
  var hadReadErrors: Set<String> = []
  var faults: [Scenario.Fault: Int] = [:]
  private(set) var anomalies: [Anomaly] = []
  private var reported: [Anomaly.Kind: Int] = [:]
  /// What happened, when somebody wants to read it.
  var trace: [String] = []
  let isTracing: Bool

  init(isTracing: Bool) { self.isTracing = isTracing }

  func count(_ fault: Scenario.Fault) { faults[fault, default: 0] += 1 }

  /// A commit that holds the sample returned.
  func accept(_ key: SampleKey, _ sample: Accepted) {
    if accepted[key] != nil { report(.staleGood, "\(key): a scan was accepted twice as good") }
    accepted[key] = sample
  }

  /// Central committed a batch.
  ///
  /// - Parameter place: its gateway, epoch, lane and number.
  func stored(_ place: String, checksum: UInt32) {
    if let known = committed[place], known != checksum, !centralRestored {
      report(.reusedNumber, "\(place) was stored with two contents")
    }
    committed[place] = checksum
  }

  /// A store was set aside as damaged: there must have been damage since the last time.
  func setAside(_ series: String) {
    // Copies and backups bring damage with them.
    let mayBeOld = hadReadErrors.contains(series) || !rollbacks.isEmpty || !cloned.isEmpty
    if injuries[series, default: 0] == 0, !mayBeOld { report(.miscounted, "\(series): a sound store was set aside") }
    injuries[series] = 0
  }

  /// One scan may go beyond the limit of samples, and all states that are told again beyond that of alarm events.
  static let oneScan = SimulatedFieldDevice.definitions.count
  static let allStates = 60

  func judgeBounds(
    _ series: String, samplesWaiting: Int, alarmsWaiting: Int, memory: EngineMemory, usedBytes: Int, capacityBytes: Int
  ) {
    if samplesWaiting > memory.samples + Self.oneScan {
      report(.boundExceeded, "\(series): \(samplesWaiting) samples wait in memory")
    }
    if alarmsWaiting > memory.alarmEvents + Self.allStates {
      report(.boundExceeded, "\(series): \(alarmsWaiting) alarm events wait in memory")
    }
    if usedBytes > capacityBytes * 3 / 2 {
      report(.boundExceeded, "\(series): the store holds \(usedBytes) bytes of \(capacityBytes)")
    }
  }

  func report(_ kind: Anomaly.Kind, _ text: String) {
    // One kind must not hide the others.
    reported[kind, default: 0] += 1
    guard reported[kind]! <= 10 else { return }
    anomalies.append(Anomaly(kind: kind, text: text))
  }

  func note(_ text: @autoclosure () -> String) {
    if isTracing, trace.count < 20_000 { trace.append(text()) }
  }
}

/// What must never happen, by name.
public struct Anomaly: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// An accepted sample is neither at central nor named in a loss notice.
    case lost
    /// Numbers of a lane are missing at central without a notice.
    case unaccountedGap = "unaccounted gap"
    case duplicate
    /// A sample at central that no device ever gave.
    case phantom
    /// A sample whose values are not those of its scan.
    case corrupt
    case invertedOrder = "inverted order"
    /// A value of an earlier scan marked good.
    case staleGood = "stale marked good"
    case lostAlarm = "lost alarm"
    case duplicateAlarm = "duplicate alarm"
    case invertedAlarms = "inverted alarms"
    case divergentAlarmState = "divergent alarm state"
    /// Two different batches were stored under one number.
    case reusedNumber = "reused number"
    case boundExceeded = "bound exceeded"
    case noProgress = "no progress"
    case miscounted
    /// The store's own check found something.
    case damagedStore = "damaged store"
  }

  public var kind: Kind
  public var text: String

  public init(kind: Kind, text: String) {
    self.kind = kind
    self.text = text
  }
}
