import FieldgateTestKit
import GatewayCore
import Synchronization

/// Keeps what a connection tells, in order.
final class EventRecorder: Sendable {
  private let events = Mutex<[BrokerEvent]>([])

  var all: [BrokerEvent] { events.withLock { $0 } }
  var states: [BrokerState] { all.compactMap { if case .state(let state) = $0 { state } else { nil } } }
  var messages: [BrokerMessage] { all.compactMap { if case .message(let message) = $0 { message } else { nil } } }

  func record(_ event: BrokerEvent) { events.withLock { $0.append(event) } }

  /// Waits for the `count`-th time that the connection came up.
  func connected(_ count: Int = 1) async throws {
    _ = try await eventually("connection \(count)") {
      states.count { $0 == .connected } >= count ? true : nil
    }
  }

  /// Waits for a failure whose text has this part.
  func failure(_ part: String) async throws -> String {
    do {
      return try await eventually("a failure that says '\(part)'", timeout: .seconds(15)) { () -> String? in
        for case .disconnected(let text) in states where text.contains(part) { return text }
        return nil
      }
    } catch {
      throw TestKitError("no failure says '\(part)', but: \(states)")
    }
  }
}
