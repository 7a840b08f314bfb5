/// Topics on the broker of the box (`docs/formats/mqtt.md`). The configuration refuses devices named `status` or `alarms`.
public enum MQTTTopics {
  public static func status(gateway: String) -> String { "fieldgate/\(gateway)/status" }
  static func device(_ name: String, gateway: String) -> String { "fieldgate/\(gateway)/\(name)" }
  static func alarm(_ name: String, gateway: String) -> String { "fieldgate/\(gateway)/alarms/\(name)" }
  static func command(_ device: String, gateway: String) -> String { "fieldgate/\(gateway)/\(device)/set" }
}
