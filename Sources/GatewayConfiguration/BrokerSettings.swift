/// The MQTT broker, on the box or elsewhere.
public struct BrokerSettings: Hashable, Sendable {
  /// Which version of MQTT to speak.
  public enum ProtocolVersion: String, Sendable, CaseIterable {
    /// 5, and 3.1.1 with a broker that does not know 5.
    case automatic = "auto"
    case version5 = "5"
    case version311 = "3.1.1"
  }

  public var host: String
  /// 1 to 65535; default 1883.
  public var port: Int
  public var protocolVersion: ProtocolVersion
  /// Most messages handed to the broker a second, 1 to 100000; default 500. What is above is dropped and counted.
  public var messagesPerSecond: Int

  public init(
    host: String = "127.0.0.1", port: Int = 1883, protocolVersion: ProtocolVersion = .automatic,
    messagesPerSecond: Int = 500
  ) {
    self.host = host
    self.port = port
    self.protocolVersion = protocolVersion
    self.messagesPerSecond = messagesPerSecond
  }
}
