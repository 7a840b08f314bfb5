/// What is subscribed to at the broker.
public struct TopicFilter: Hashable, Sendable, ExpressibleByStringLiteral {
  /// With `+` and `#` as MQTT knows them.
  public var text: String
  /// Messages come with the flag that their sender gave them, where MQTT 5 is spoken ("retain as published", MQTT 5,
  /// 3.8.3.1). Otherwise only those that the broker had stored before have it: it is cleared on what is passed on at once.
  public var keepsRetainFlag: Bool

  public init(_ text: String, keepsRetainFlag: Bool = false) {
    self.text = text
    self.keepsRetainFlag = keepsRetainFlag
  }

  public init(stringLiteral text: String) { self.init(text) }
}
