/// Topics on the broker of the box (`docs/formats/mqtt.md`). The configuration refuses devices named `status` or `alarms`.
public enum MQTTTopics {
  public static func status(gateway: String) -> String { "fieldgate/\(gateway)/status" }
  static func device(_ name: String, gateway: String) -> String { "fieldgate/\(gateway)/\(name)" }
  static func alarm(_ name: String, gateway: String) -> String { "fieldgate/\(gateway)/alarms/\(name)" }
  static func command(_ device: String, gateway: String) -> String { "fieldgate/\(gateway)/\(device)/set" }

  /// The device whose command topic this is; nil for any other topic.
  static func commandDevice(_ topic: String, gateway: String) -> String? {
    let parts = topic.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 4, topic == command(String(parts[2]), gateway: gateway) else { return nil }
    return String(parts[2])
  }
}
