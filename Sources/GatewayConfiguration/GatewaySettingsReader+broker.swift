extension GatewaySettingsReader {
  static let brokerKeys = ["host", "port", "protocol", "messages-per-second"]

  mutating func broker(_ node: YAMLNode) -> BrokerSettings? {
    guard let section = Section(node, "broker", keys: Self.brokerKeys, &problems) else { return nil }
    var settings = BrokerSettings()
    settings.host = section.text("host", &problems) ?? settings.host
    settings.port = section.integer("port", 1...65_535, &problems) ?? settings.port
    let versions = BrokerSettings.ProtocolVersion.allCases.map { ($0.rawValue, $0) }
    settings.protocolVersion = section.choice("protocol", versions, &problems) ?? settings.protocolVersion
    settings.messagesPerSecond =
      section.integer("messages-per-second", 1...100_000, &problems) ?? settings.messagesPerSecond
    return settings
  }
}
