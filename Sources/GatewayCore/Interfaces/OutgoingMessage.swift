/// One message for the broker.
public struct OutgoingMessage: Hashable, Sendable {
  /// MQTT's levels; 2 is not offered, because every message here says the whole state again.
  public enum QualityOfService: Int, Sendable, CaseIterable {
    case atMostOnce = 0
    case atLeastOnce = 1
  }

  public var topic: String
  /// Empty and retained: the broker forgets what it retained under the topic.
  public var payload: [UInt8]
  public var isRetained: Bool
  public var qualityOfService: QualityOfService
  /// Of the request that this answers; left out where the connection speaks MQTT 3.1.1, which has no place for it.
  public var correlationData: [UInt8]?

  public init(
    topic: String, payload: [UInt8], isRetained: Bool = false, qualityOfService: QualityOfService = .atMostOnce,
    correlationData: [UInt8]? = nil
  ) {
    self.topic = topic
    self.payload = payload
    self.isRetained = isRetained
    self.qualityOfService = qualityOfService
    self.correlationData = correlationData
  }
}
