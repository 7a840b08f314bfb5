import CMosquitto
public import GatewayCore
import Glibc
import Synchronization
import Threads

/// A client of one MQTT broker over libmosquitto, with a thread of its own that connects, reconnects and writes.
///
/// What is published while the broker is away is not kept: the outbox is the memory of a gateway, and retained topics are
/// published anew by the engine after each connect. At most ``maximumInFlight`` messages wait for the socket, because
/// libmosquitto's own queue of QoS 0 messages has no bound.
public final class MQTTConnection: MessageBroker, @unchecked Sendable {  // `client` locks itself
  /// A message that the broker publishes when this client vanishes.
  public struct Will: Sendable {
    public var topic: String
    public var payload: [UInt8]

    public init(topic: String, payload: [UInt8]) {
      self.topic = topic
      self.payload = payload
    }
  }

  public static let maximumInFlight = 1_000
  static let keepAliveSeconds: Int32 = 30
  static let firstRetry = Duration.seconds(1)
  /// The broker is on this box or near: asking every 5 s costs nothing, and a technician who starts it need not wait.
  static let longestRetry = Duration.seconds(5)

  struct Shared {
    var isConnected = false
    var inFlight = 0
    var lastError = "not connected yet"
  }

  let shared = Mutex(Shared())
  let onState: @Sendable (BrokerState) -> Void
  private let client: OpaquePointer
  private let host: String
  private let port: Int
  private let stopRequests = Mailbox<Void>(capacity: 1)
  private let isStopping = Atomic(false)
  private var thread: NamedThread?

  /// Connects in the background at once.
  ///
  /// - Parameter onState: called on the connection's thread at each change; must not block.
  public init(
    host: String, port: Int, clientID: String, will: Will?, onState: @escaping @Sendable (BrokerState) -> Void
  ) throws(MQTTError) {
    _ = Self.libraryIsReady
    guard let client = mosquitto_new(clientID, true, nil) else {
      throw MQTTError("libmosquitto refused the client id '\(clientID)'")
    }
    self.client = client
    self.host = host
    self.port = port
    self.onState = onState
    mosquitto_user_data_set(client, Unmanaged.passUnretained(self).toOpaque())
    // Publishing happens on the engine's thread, writing on this one's.
    mosquitto_threaded_set(client, true)
    // Without this, small messages wait for the broker's delayed acknowledgement: 47 ms instead of 1 ms.
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1)
    if let will {
      let result = mosquitto_will_set(client, will.topic, Int32(will.payload.count), will.payload, 1, true)
      guard result == MOSQ_ERR_SUCCESS.rawValue.signed else {
        mosquitto_destroy(client)
        throw MQTTError("last will on '\(will.topic)': \(Self.text(result))")
      }
    }
    setCallbacks()
    thread = NamedThread("mqtt") { [self] in run() }
  }

  deinit {
    mosquitto_destroy(client)
  }

  private static let libraryIsReady: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.rawValue.signed

  public func publish(topic: String, payload: [UInt8], retained: Bool) -> PublishOutcome {
    let outcome = shared.withLock { state -> PublishOutcome in
      guard state.isConnected else { return .notConnected }
      guard state.inFlight < Self.maximumInFlight else { return .queueFull }
      state.inFlight += 1
      return .accepted
    }
    guard outcome == .accepted else { return outcome }
    let result = mosquitto_publish(client, nil, topic, Int32(payload.count), payload, 0, retained)
    guard result == MOSQ_ERR_SUCCESS.rawValue.signed else {
      shared.withLock { $0.inFlight = max(0, $0.inFlight - 1) }
      return .refused
    }
    return .accepted
  }

  /// Publishes what waits, says goodbye (so that the broker keeps the last will to itself) and ends the thread.
  public func stop() {
    guard !isStopping.exchange(true, ordering: .sequentiallyConsistent) else { return }
    mosquitto_disconnect(client)
    stopRequests.send(())
    thread?.join()
    thread = nil
  }

  private func setCallbacks() {
    mosquitto_connect_callback_set(client) { _, context, code in
      MQTTConnection.from(context)?.connected(code)
    }
    mosquitto_disconnect_callback_set(client) { _, context, code in
      MQTTConnection.from(context)?.disconnected(code)
    }
    mosquitto_publish_callback_set(client) { _, context, _ in
      MQTTConnection.from(context)?.shared.withLock { $0.inFlight = max(0, $0.inFlight - 1) }
    }
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> MQTTConnection? {
    context.map { Unmanaged<MQTTConnection>.fromOpaque($0).takeUnretainedValue() }
  }

  private func connected(_ code: Int32) {
    guard code == 0 else {
      report("the broker at \(host):\(port) refused the connection: \(String(cString: mosquitto_connack_string(code)))")
      return
    }
    shared.withLock {
      $0.isConnected = true
      $0.inFlight = 0
    }
    onState(.connected)
  }

  private func disconnected(_ code: Int32) {
    let wasConnected = shared.withLock { state in
      defer { state.isConnected = false }
      state.inFlight = 0
      return state.isConnected
    }
    if wasConnected { report("the connection to the broker at \(host):\(port) was lost: \(Self.text(code))") }
  }

  private func report(_ text: String) {
    shared.withLock { $0.lastError = text }
    onState(.disconnected(text))
  }

  /// Connect, serve until the connection ends, wait, again.
  private func run() {
    var retry = Self.firstRetry
    while !isStopping.load(ordering: .sequentiallyConsistent) {
      let result = mosquitto_connect(client, host, Int32(port), Self.keepAliveSeconds)
      if result == MOSQ_ERR_SUCCESS.rawValue.signed {
        serve()
        if shared.withLock({ $0.isConnected }) { disconnected(MOSQ_ERR_CONN_LOST.rawValue.signed) }
        retry = Self.firstRetry
      } else {
        report("cannot reach the broker at \(host):\(port): \(Self.text(result)). Is mosquitto running?")
        retry = min(retry * 2, Self.longestRetry)
      }
      if isStopping.load(ordering: .sequentiallyConsistent) { return }
      _ = stopRequests.receive(timeout: retry)
    }
  }

  private func serve() {
    while mosquitto_loop(client, 1_000, 1) == MOSQ_ERR_SUCCESS.rawValue.signed {
      if isStopping.load(ordering: .sequentiallyConsistent), !shared.withLock({ $0.isConnected }) { return }
    }
  }

  private static func text(_ code: Int32) -> String {
    // With MOSQ_ERR_ERRNO the cause is in errno (mosquitto.h, mosquitto_connect).
    if code == MOSQ_ERR_ERRNO.rawValue.signed { return String(cString: strerror(errno)) }
    return String(cString: mosquitto_strerror(code))
  }
}

/// What libmosquitto refused, in one line.
public struct MQTTError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  init(_ description: String) {
    self.description = description
  }
}

extension BinaryInteger {
  /// libmosquitto's error enumeration is signed or unsigned as its compiler sees fit; its functions return int.
  fileprivate var signed: Int32 { Int32(truncatingIfNeeded: self) }
}
