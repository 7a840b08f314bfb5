/// Where a broker is, and as whom to speak to it.
public struct MQTTEndpoint: Hashable, Sendable {
  /// A message that the broker publishes, retained, when this client vanishes.
  public struct Will: Hashable, Sendable {
    public var topic: String
    public var payload: [UInt8]

    public init(topic: String, payload: [UInt8]) {
      self.topic = topic
      self.payload = payload
    }
  }

  public var host: String
  public var port: Int
  public var clientID: String
  public var version: MQTTVersionChoice
  public var will: Will?

  public init(host: String, port: Int, clientID: String, version: MQTTVersionChoice = .automatic, will: Will? = nil) {
    self.host = host
    self.port = port
    self.clientID = clientID
    self.version = version
    self.will = will
  }

  var address: String { "\(host):\(port)" }
}
