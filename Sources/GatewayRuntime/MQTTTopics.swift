public import GatewayConfiguration

/// Topics on the broker (`docs/formats/mqtt.md`). The configuration refuses devices named `status` or `alarms`.
public struct MQTTTopics: Hashable, Sendable {
  /// `PREFIX/GATEWAY`.
  let root: String

  public init(_ settings: GatewaySettings) {
    root = "\(settings.broker?.topicPrefix ?? BrokerSettings().topicPrefix)/\(settings.gateway)"
  }

  public var status: String { "\(root)/status" }
  /// `online` while a device answers, else `offline`.
  func status(_ device: String) -> String { "\(root)/status/\(device)" }
  func alarm(_ name: String) -> String { "\(root)/alarms/\(name)" }
  func alarmCommand(_ name: String) -> String { "\(alarm(name))/set" }
  /// Acknowledges whatever waits for it. The filter for devices' commands takes it in.
  var allAlarmsCommand: String { "\(root)/alarms/set" }
  func device(_ name: String) -> String { "\(root)/\(name)" }
  func tag(_ name: String, of device: String) -> String { "\(root)/\(device)/\(name)" }
  func command(_ device: String) -> String { "\(root)/\(device)/set" }

  /// The alarm whose command topic this is; nil for any other topic.
  func commandAlarm(_ topic: String) -> String? {
    let (head, tail) = ("\(root)/alarms/", "/set")
    guard topic.hasPrefix(head), topic.hasSuffix(tail), topic.utf8.count > head.utf8.count + tail.utf8.count else {
      return nil
    }
    let name = topic.dropFirst(head.count).dropLast(tail.count)
    return name.contains("/") ? nil : String(name)
  }

  /// The device whose command topic this is; nil for any other topic.
  func commandDevice(_ topic: String) -> String? {
    guard topic.hasPrefix("\(root)/"), topic.hasSuffix("/set") else { return nil }
    let device = topic.dropFirst(root.count + 1).dropLast("/set".count)
    return device.contains("/") || topic != command(String(device)) ? nil : String(device)
  }
}
