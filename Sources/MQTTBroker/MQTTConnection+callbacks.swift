import CMosquitto
import GatewayCore
import Glibc
import Synchronization

/// What libmosquitto calls on the connection's thread, from within `mosquitto_loop`.
extension MQTTConnection {
  func setCallbacks(_ handle: OpaquePointer) {
    mosquitto_connect_v5_callback_set(handle) { handle, context, code, _, _ in
      guard let handle else { return }
      MQTTConnection.from(context)?.answered(code, handle)
    }
    mosquitto_disconnect_v5_callback_set(handle) { _, context, code, _ in
      MQTTConnection.from(context)?.disconnected(code)
    }
    mosquitto_publish_v5_callback_set(handle) { _, context, _, reason, _ in
      MQTTConnection.from(context)?.published(reason)
    }
    mosquitto_subscribe_v5_callback_set(handle) { _, context, id, count, granted, _ in
      guard let granted, count > 0 else { return }
      MQTTConnection.from(context)?.subscribed(id, granted.pointee)
    }
    mosquitto_log_callback_set(handle) { _, context, level, text in
      guard let text, level == Int32(MOSQ_LOG_ERR) else { return }
      MQTTConnection.from(context)?.logged(String(cString: text))
    }
    mosquitto_message_v5_callback_set(handle) { _, context, message, properties in
      guard let message else { return }
      MQTTConnection.from(context)?.received(message.pointee, ReceivedProperties(list: properties))
    }
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> MQTTConnection? {
    context.map { Unmanaged<MQTTConnection>.fromOpaque($0).takeUnretainedValue() }
  }

  private func answered(_ code: Int32, _ handle: OpaquePointer) {
    shared.withLock { $0.wasAnswered = true }
    guard code == 0 else {
      shared.withLock { state in
        state.versionWasRefused = code == 1 || code == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue.signed
      }
      return report(ConnectionTrouble(endpoint: endpoint).refusal(code))
    }
    shared.withLock { state in
      state.isConnected = true
      state.wasAccepted = true
      state.inFlight = 0
      state.pendingSubscriptions = [:]
      state.statistics.connections += 1
      state.statistics.protocolVersion = state.version.rawValue
      for index in state.statistics.subscriptions.indices { state.statistics.subscriptions[index].state = .waiting }
    }
    subscribeToWaiting(handle)
    onEvent(.state(.connected))
  }

  /// The first says most: what follows is about its consequences.
  private func logged(_ text: String) {
    shared.withLock { if $0.logged.isEmpty { $0.logged = text } }
  }

  func disconnected(_ code: Int32) {
    let wasConnected = shared.withLock { state in
      defer { state.isConnected = false }
      if state.isConnected { state.statistics.lostWithConnection += state.inFlight }
      state.inFlight = 0
      return state.isConnected
    }
    guard wasConnected else { return }
    let text = code >= 128 ? String(cString: mosquitto_reason_string(code)) : MQTTError.text(code)
    // With TLS 1.3 a broker that dislikes our certificate says so after the handshake.
    let logged = shared.withLock { $0.logged }
    report(
      "the connection to the broker at \(endpoint.address) was lost: \(text)\(logged.isEmpty ? "" : " (\(logged))")")
  }

  private func published(_ reason: Int32) {
    shared.withLock { state in
      state.inFlight = max(0, state.inFlight - 1)
      if reason >= 128 { state.statistics.refusedByBroker += 1 }
    }
  }

  /// Sends a SUBSCRIBE for each filter that has none yet.
  func subscribeToWaiting(_ handle: OpaquePointer) {
    // Under the lock, so that an answer cannot come before its message id is known here.
    let failures = shared.withLock { state -> [(TopicFilter, String)] in
      guard state.isConnected else { return [] }
      let sent = Set(state.pendingSubscriptions.values)
      var failures: [(TopicFilter, String)] = []
      for subscription in state.statistics.subscriptions
      where subscription.state == .waiting && !sent.contains(subscription.filter) {
        var id: Int32 = 0
        // Version 3.1.1 has no options, and a client that speaks it refuses them.
        let keeps = subscription.filter.keepsRetainFlag && state.version == .version5
        let options = keeps ? MQTT_SUB_OPT_RETAIN_AS_PUBLISHED.rawValue.signed : 0
        let result = mosquitto_subscribe_v5(handle, &id, subscription.filter.text, 1, options, nil)
        if result == MOSQ_ERR_SUCCESS.rawValue.signed {
          state.pendingSubscriptions[id] = subscription.filter
        } else {
          failures.append((subscription.filter, MQTTError.text(result)))
        }
      }
      return failures
    }
    for (filter, text) in failures { settle(filter, .refused(text)) }
  }

  private func subscribed(_ id: Int32, _ granted: Int32) {
    guard let filter = shared.withLock({ $0.pendingSubscriptions.removeValue(forKey: id) }) else { return }
    // 0x80 and above are refusals in both versions (MQTT 3.1.1, 3.9.3; MQTT 5, 3.9.3).
    guard granted >= 128 else { return settle(filter, .granted) }
    settle(filter, .refused(String(cString: mosquitto_reason_string(granted))))
  }

  private func settle(_ filter: TopicFilter, _ result: BrokerSubscription.State) {
    shared.withLock { state in
      guard let index = state.statistics.subscriptions.firstIndex(where: { $0.filter == filter }) else { return }
      state.statistics.subscriptions[index].state = result
    }
    if case .refused(let text) = result { onEvent(.subscriptionRefused(filter: filter.text, text)) }
  }

  private func received(_ message: mosquitto_message, _ properties: ReceivedProperties) {
    let isShort =
      message.payloadlen <= BrokerMessage.maximumPayloadBytes
      && strnlen(message.topic, BrokerMessage.maximumTopicBytes + 1) <= BrokerMessage.maximumTopicBytes
    let isWelcome = shared.withLock { state -> Bool in
      state.statistics.received += 1
      guard isShort else {
        state.statistics.receivedTooLarge += 1
        return false
      }
      guard state.waiting < Self.maximumWaiting else {
        state.statistics.receivedQueueFull += 1
        return false
      }
      state.waiting += 1
      return true
    }
    guard isWelcome else { return }
    let bytes = UnsafeRawBufferPointer(start: message.payload, count: Int(max(0, message.payloadlen)))
    onEvent(
      .message(
        BrokerMessage(
          topic: String(cString: message.topic), payload: Array(bytes), isRetained: message.retain,
          responseTopic: properties.text(MQTT_PROP_RESPONSE_TOPIC),
          correlationData: properties.bytes(MQTT_PROP_CORRELATION_DATA),
          expiry: properties.number(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL).map { .seconds(Int64($0)) })))
  }
}
