import CMosquitto

/// One connection's `struct mosquitto`, set up and not yet connected.
///
/// Each connection gets a new one: libmosquitto would otherwise send what it still held of the last one after newer
/// values, and it takes options (version, certificates) only once.
struct MQTTClient: @unchecked Sendable {  // libmosquitto locks the structure itself (mosquitto.h, "Threads")
  let handle: OpaquePointer

  private static let libraryIsReady: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.rawValue.signed

  /// - Parameter context: comes back in every callback; must outlive the client.
  init(
    _ endpoint: MQTTEndpoint, version: MQTTVersion, tls: TLSContext?, context: UnsafeMutableRawPointer
  ) throws(MQTTError) {
    _ = Self.libraryIsReady
    guard let handle = mosquitto_new(endpoint.clientID, true, context) else {
      throw MQTTError("libmosquitto refused the client id '\(endpoint.clientID)'")
    }
    self.handle = handle
    // Publishing happens on the engine's thread, writing on the connection's.
    mosquitto_threaded_set(handle, true)
    // Without this, small messages wait for the broker's delayed acknowledgement: 47 ms instead of 1 ms.
    mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
    let number = version == .version5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
    mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, number)
    mosquitto_int_option(handle, MOSQ_OPT_RECEIVE_MAXIMUM, 20)
    if let tls {
      mosquitto_int_option(handle, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0)
      mosquitto_void_option(handle, MOSQ_OPT_SSL_CTX, UnsafeMutableRawPointer(tls.pointer))
    }
    if let will = endpoint.will {
      let result = mosquitto_will_set(handle, will.topic, Int32(will.payload.count), will.payload, 1, true)
      guard result == MOSQ_ERR_SUCCESS.rawValue.signed else {
        mosquitto_destroy(handle)
        throw MQTTError("last will on '\(will.topic)': \(MQTTError.text(result))")
      }
    }
  }

  func logIn(_ login: MQTTEndpoint.Login) throws(MQTTError) {
    let password = try login.passwordFile.map { path throws(MQTTError) in try PasswordFile.read(path) }
    let result = mosquitto_username_pw_set(handle, login.user, password)
    guard result == MOSQ_ERR_SUCCESS.rawValue.signed else {
      throw MQTTError("user '\(login.user)' of the broker: \(MQTTError.text(result))")
    }
  }

  func destroy() { mosquitto_destroy(handle) }

  /// Blocks until the broker's machine has answered or the system gives up.
  func connect(to endpoint: MQTTEndpoint, keepAliveSeconds: Int32, version: MQTTVersion) -> Int32 {
    var properties = MQTTProperties()
    if version == .version5 {
      // The broker keeps what is longer to itself (MQTT 5, 3.1.2.11.4), so it costs us no memory.
      properties.add(MQTT_PROP_MAXIMUM_PACKET_SIZE, UInt32(65_536))
    }
    return mosquitto_connect_bind_v5(
      handle, endpoint.host, Int32(endpoint.port), keepAliveSeconds, nil, properties.list)
  }
}
