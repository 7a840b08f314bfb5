import CMosquitto
public import GatewayCore
import Glibc
import Synchronization
import Threads

/// A client of one MQTT broker over libmosquitto, with a thread of its own that connects, reconnects and writes.
///
/// What is published while the broker is away is not kept: the outbox is the memory of a gateway, and every state is
/// published anew by the engine after each connect. At most ``maximumInFlight`` messages wait for the socket, because
/// libmosquitto's own queue of QoS 0 messages has no bound; at most ``maximumWaiting`` received ones wait for the engine.
public final class MQTTConnection: MessageBroker, @unchecked Sendable {  // `thread` is set before others see it
  public static let maximumInFlight = 1_000
  public static let maximumWaiting = 64
  static let keepAliveSeconds: Int32 = 30
  static let firstRetry = Duration.seconds(1)
  /// On this box asking every 5 s costs nothing, and a technician who starts the broker need not wait.
  static let longestLocalRetry = Duration.seconds(5)
  /// Elsewhere, where a fleet may be waiting for the same broker.
  static let longestRetry = Duration.seconds(60)

  struct Shared {
    var isConnected = false
    var isConnecting = false
    /// DISCONNECT has been handed to libmosquitto.
    var saidGoodbye = false
    /// How far this connection came: a machine that listens, an answer, a yes.
    var wasReached = false
    var wasAnswered = false
    var wasAccepted = false
    var versionWasRefused = false
    var version = MQTTVersion.version5
    var inFlight = 0
    /// Received messages that the engine has not taken yet.
    var waiting = 0
    var statistics = BrokerStatistics()
    /// The last error that libmosquitto logged on this connection.
    var logged = ""
    /// Filters by the message id of their SUBSCRIBE.
    var pendingSubscriptions: [Int32: TopicFilter] = [:]
  }

  let shared = Mutex(Shared())
  /// Nil between connections. Never locked inside a callback, which libmosquitto makes under locks of its own.
  let client = Mutex<MQTTClient?>(nil)
  let onEvent: @Sendable (BrokerEvent) -> Void
  let endpoint: MQTTEndpoint
  let stopRequests = Mailbox<Void>(capacity: 1)
  let isStopping = Atomic(false)
  private var thread: NamedThread?

  /// Connects in the background at once.
  ///
  /// - Parameter onEvent: called on the connection's thread; must not block.
  public init(
    _ endpoint: MQTTEndpoint, subscriptions: [TopicFilter] = [], onEvent: @escaping @Sendable (BrokerEvent) -> Void
  ) throws(MQTTError) {
    self.endpoint = endpoint
    self.onEvent = onEvent
    // What libmosquitto refuses it refuses now, where a person sees it.
    try MQTTClient(endpoint, version: .version5, tls: nil, context: Unmanaged.passUnretained(self).toOpaque()).destroy()
    shared.withLock { $0.statistics.subscriptions = subscriptions.map { BrokerSubscription(filter: $0) } }
    thread = NamedThread("mqtt") { [self] in run() }
  }

  public var statistics: BrokerStatistics { shared.withLock { $0.statistics } }

  public func publish(_ message: OutgoingMessage) -> PublishOutcome {
    let (outcome, version) = shared.withLock { state -> (PublishOutcome, MQTTVersion) in
      guard state.isConnected else { return (.notConnected, state.version) }
      guard state.inFlight < Self.maximumInFlight else { return (.queueFull, state.version) }
      state.inFlight += 1
      return (.accepted, state.version)
    }
    guard outcome == .accepted else { return outcome }
    var properties = MQTTProperties()
    if version == .version5, let data = message.correlationData { properties.add(MQTT_PROP_CORRELATION_DATA, data) }
    let list = properties.list
    let result = client.withLock { client in
      guard let client else { return MOSQ_ERR_NO_CONN.rawValue.signed }
      return mosquitto_publish_v5(
        client.handle, nil, message.topic, Int32(message.payload.count), message.payload,
        Int32(message.qualityOfService.rawValue), message.isRetained, list)
    }
    guard result == MOSQ_ERR_SUCCESS.rawValue.signed else {
      shared.withLock { $0.inFlight = max(0, $0.inFlight - 1) }
      return result == MOSQ_ERR_NO_CONN.rawValue.signed ? .notConnected : .refused
    }
    return .accepted
  }

  public func subscribe(to filters: [TopicFilter]) {
    let removed = shared.withLock { state -> [TopicFilter] in
      let before = state.statistics.subscriptions
      state.statistics.subscriptions = filters.map { filter in
        before.first { $0.filter == filter } ?? BrokerSubscription(filter: filter)
      }
      return before.map(\.filter).filter { !filters.contains($0) }
    }
    client.withLock { client in
      guard let client else { return }
      for filter in removed { mosquitto_unsubscribe(client.handle, nil, filter.text) }
      subscribeToWaiting(client.handle)
    }
  }

  /// The engine has taken a message that was passed to `onEvent`; makes room for the next.
  public func messageTaken() {
    shared.withLock { $0.waiting = max(0, $0.waiting - 1) }
  }

  /// Publishes what waits, says goodbye (so that the broker keeps the last will to itself) and ends the thread.
  public func stop() {
    guard !isStopping.exchange(true, ordering: .sequentiallyConsistent) else { return }
    client.withLock { client in
      guard let client else { return }
      shared.withLock { $0.saidGoodbye = true }
      mosquitto_disconnect(client.handle)
    }
    stopRequests.send(())
    // A thread that waits for a machine which does not answer would hold the end up for two minutes, and the process
    // ends in a moment anyway; it keeps what it uses.
    guard !shared.withLock({ $0.isConnecting }) else { return }
    thread?.join()
    thread = nil
  }
}
