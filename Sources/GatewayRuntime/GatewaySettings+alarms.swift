import AlarmStates
import GatewayConfiguration
import RuleEngine
import Telemetry

extension GatewaySettings {
  /// What the configuration says of every alarm of this gateway, its own included.
  var alarmDefinitions: [AlarmDefinition] {
    rules.map { rule in
      let device = rule.tagName.firstIndex(of: "/").map { String(rule.tagName[..<$0]) } ?? ""
      return AlarmDefinition(
        name: rule.name, tag: rule.tagName, device: device, severity: rule.severity, group: rule.group,
        needsAcknowledge: rule.needsAcknowledge)
    } + [
      AlarmDefinition(
        name: GatewayEngine.capacityAlarm, tag: "", device: "", severity: .high, needsAcknowledge: false)
    ]
  }

  var alarmBookSettings: AlarmBookSettings {
    AlarmBookSettings(
      flood: .init(count: alarms.flood.count, window: alarms.flood.within),
      chatter: .init(count: alarms.chatter.count, window: alarms.chatter.within), shelving: alarms.shelving,
      longestShelving: alarms.longestShelving)
  }
}
