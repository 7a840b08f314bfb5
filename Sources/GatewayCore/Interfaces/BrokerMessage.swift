/// One message that came from the broker.
public struct BrokerMessage: Hashable, Sendable {
  /// At most ``maximumTopicBytes``.
  public var topic: String
  /// At most ``maximumPayloadBytes``.
  public var payload: [UInt8]
  /// It was stored at the broker before we subscribed, so it may be old.
  public var isRetained: Bool
  /// Where the sender wants its answer (MQTT 5, 3.3.2.3.5); nil when it named no topic.
  public var responseTopic: String?
  /// To be sent back unchanged with the answer (MQTT 5, 3.3.2.3.6).
  public var correlationData: [UInt8]?
  /// What was left of the sender's message expiry interval when the broker passed the message on (MQTT 5, 3.3.2.3.3).
  public var expiry: Duration?

  public static let maximumPayloadBytes = 16 << 10
  public static let maximumTopicBytes = 512

  public init(
    topic: String, payload: [UInt8], isRetained: Bool = false, responseTopic: String? = nil,
    correlationData: [UInt8]? = nil, expiry: Duration? = nil
  ) {
    self.topic = topic
    self.payload = payload
    self.isRetained = isRetained
    self.responseTopic = responseTopic
    self.correlationData = correlationData
    self.expiry = expiry
  }
}
