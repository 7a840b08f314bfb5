import GatewayCore
import GatewayRuntime
import Telemetry

/// Both clocks, moved by hand.
final class ManualClock: EngineClock {
  var now = MonotonicTime(nanoseconds: 1_000_000_000)

  func monotonic() -> MonotonicTime { now }
  /// What the wall clock shows when the boot clock begins.
  var wallBegan = Timestamp(milliseconds: 1_800_000_000_000)
  var isSynchronized = true

  func wall() -> Timestamp { wallBegan + .nanoseconds(now.nanoseconds / 1_000_000 * 1_000_000) }
  func minuteOfWeek(_ time: Timestamp) -> Int { 0 }
}

final class SilentViewers: LocalAPIReplies {
  func send(_ line: [UInt8], to client: Int) -> Bool { true }
}

/// A bus that only remembers which devices it is to watch closely.
final class WatchedBus: BusObserver {
  let index = 0
  let name = "plc"
  private(set) var watches: [Int: Duration] = [:]
  private(set) var orders = 0
  var current: BusReport { BusReport(statistics: PollStatistics()) }
  var lastTurn: MonotonicTime { .never }

  func watchClosely(device: Int, every interval: Duration?) {
    watches[device] = interval
    orders += 1
  }
}

final class SilentSupervisor: ServiceSupervisor {
  var watchdogInterval: Duration? { nil }
  func feedWatchdog() {}
  func show(_ status: String) {}
}

/// What a subscriber of all topics sees, and a connection whose faults the test decides.
final class RecordingBroker: MessageBroker, @unchecked Sendable {  // used by one thread
  var outcome: () -> PublishOutcome = { .accepted }
  private(set) var newest: [String: OutgoingMessage] = [:]
  private(set) var published: [OutgoingMessage] = []
  private(set) var filters: [String] = []

  func publish(_ message: OutgoingMessage) -> PublishOutcome {
    let result = outcome()
    if result == .accepted {
      newest[message.topic] = message
      published.append(message)
    }
    return result
  }

  func subscribe(to filters: [TopicFilter]) { self.filters = filters.map(\.text) }
  var statistics: BrokerStatistics { BrokerStatistics() }

  func text(_ topic: String) -> String? { newest[topic].map { String(decoding: $0.payload, as: UTF8.self) } }
  func forget() { published = [] }
}
