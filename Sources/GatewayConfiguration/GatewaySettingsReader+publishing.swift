import Telemetry

/// How values are published: keys of the broker's section and, with the same names, of devices.
extension GatewaySettingsReader {
  static let publishingKeys = ["publish", "payload", "retain", "qos", "deadband", "heartbeat"]

  /// - Parameter base: what holds for keys that are not there.
  mutating func publishing(_ section: Section, over base: PublishingSettings) -> PublishingSettings {
    var settings = base
    let topics = PublishingSettings.Topics.allCases.map { ($0.rawValue, $0) }
    settings.topics = section.choice("publish", topics, &problems) ?? settings.topics
    let payloads = PublishingSettings.TagPayload.allCases.map { ($0.rawValue, $0) }
    settings.tagPayload = section.choice("payload", payloads, &problems) ?? settings.tagPayload
    settings.isRetained = section.flag("retain", &problems) ?? settings.isRetained
    settings.qualityOfService = section.integer("qos", 0...1, &problems) ?? settings.qualityOfService
    settings.deadband = deadband(section) ?? settings.deadband
    settings.heartbeat =
      section.duration("heartbeat", .seconds(1) ... .seconds(86_400), &problems) ?? settings.heartbeat
    return settings
  }

  /// `0.2` in the tag's unit, or `2%`; nil when it is absent or wrong.
  mutating func deadband(_ section: Section) -> Deadband? {
    guard let node = section.value("deadband") else { return nil }
    if case .scalar(let text, _) = node.content {
      let isPercent = text.hasSuffix("%")
      let digits = isPercent ? String(text.dropLast()).filter { $0 != " " } : text
      if let number = DecimalNumber(text: digits), number.units >= 0 {
        if !isPercent { return .absolute(number.doubleValue) }
        if number.doubleValue <= 100 { return .percent(number.doubleValue) }
      }
    }
    problems.error(
      node, "'deadband' of \(section.title) cannot be \(node.kindName)",
      hint: "a distance in the tag's unit, for example: deadband: 0.2; or a part of the last value, 0% to 100%: 2%")
    return nil
  }

  /// Reports tags whose topic would be that of the device's commands.
  mutating func checkTopics(_ tags: [TagSettings], _ publishing: PublishingSettings, _ section: Section) {
    guard publishing.topics.hasTags, tags.contains(where: { $0.definition.name == "set" }) else { return }
    problems.error(
      section.value("tags") ?? section.node,
      "\(section.title) publishes each tag on its own topic, so no tag can be called 'set'",
      hint: "commands come on that topic; choose another name, or publish: per-device")
  }

  /// Warns when more messages come of every round of scans than the limit lets through.
  mutating func checkMessageRate(_ settings: GatewaySettings, _ file: Section) {
    guard let broker = settings.broker else { return }
    var perSecond = 0.0
    // How often a serial sensor sends whose every message is a scan, nobody knows.
    for device in settings.devices where device.scanInterval > .zero {
      let publishing = device.publishing
      let always = device.tags.count { $0.deadband == nil }
      let messages = (publishing.topics.hasDevice ? min(1, always) : 0) + (publishing.topics.hasTags ? always : 0)
      perSecond += Double(messages) * 1_000 / Double(max(1, device.scanInterval.wholeMilliseconds))
    }
    guard perSecond > Double(broker.messagesPerSecond) else { return }
    problems.warning(
      file.value("broker") ?? file.node,
      "the devices give \(Int(perSecond.rounded())) messages a second, and only \(broker.messagesPerSecond) are let "
        + "through: some values come late",
      hint: "raise messages-per-second, publish per-device, or give tags a deadband")
  }
}
