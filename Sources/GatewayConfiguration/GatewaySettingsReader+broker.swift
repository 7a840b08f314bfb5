extension GatewaySettingsReader {
  static let brokerKeys =
    [
      "host", "port", "tls", "user", "password-file", "password-credential", "client-id", "protocol",
      "messages-per-second", "topic-prefix", "home-assistant",
    ] + publishingKeys

  mutating func broker(_ node: YAMLNode) -> BrokerSettings? {
    guard let section = Section(node, "broker", keys: Self.brokerKeys, &problems) else { return nil }
    var settings = BrokerSettings()
    settings.host = section.text("host", &problems) ?? settings.host
    settings.tls = section.value("tls").flatMap { tls($0) }
    settings.port = section.integer("port", 1...65_535, &problems) ?? (settings.tls == nil ? 1_883 : 8_883)
    readLogin(section, &settings)
    let versions = BrokerSettings.ProtocolVersion.allCases.map { ($0.rawValue, $0) }
    settings.protocolVersion = section.choice("protocol", versions, &problems) ?? settings.protocolVersion
    settings.messagesPerSecond =
      section.integer("messages-per-second", 1...100_000, &problems) ?? settings.messagesPerSecond
    settings.topicPrefix = topic("topic-prefix", section) ?? settings.topicPrefix
    settings.homeAssistant = homeAssistant(section)
    settings.publishing = publishing(section, over: PublishingSettings())
    return settings
  }

  /// A topic without wildcards (MQTT 5, 4.7): levels between slashes, none of them empty.
  mutating func topic(_ key: String, _ section: Section) -> String? {
    guard let text = section.text(key, &problems), let node = section.value(key) else { return nil }
    let levels = text.split(separator: "/", omittingEmptySubsequences: false)
    guard text.utf8.count <= 128, !text.contains(where: { "+#$ \0".contains($0) }), levels.allSatisfy({ !$0.isEmpty })
    else {
      problems.error(
        node, "'\(key)' of \(section.title) cannot be '\(text.prefix(140))'",
        hint: "words between slashes, at most 128 bytes, without + # $ and spaces, for example: plant/fieldgate")
      return nil
    }
    return text
  }

  /// `true`, `false`, or a mapping of files.
  private mutating func tls(_ node: YAMLNode) -> BrokerSettings.TLS? {
    switch node.content {
    case .scalar("true", false): return BrokerSettings.TLS()
    case .scalar("false", false): return nil
    default: break
    }
    guard let section = Section(node, "tls of broker", keys: ["authority", "certificate", "key"], &problems) else {
      return nil
    }
    let settings = BrokerSettings.TLS(
      authority: path("authority", section), certificate: path("certificate", section), key: path("key", section))
    if section.has("certificate") != section.has("key") {
      let (given, missing) = section.has("key") ? ("key", "certificate") : ("certificate", "key")
      problems.error(
        section.keyNode(given), "tls of broker has a '\(given)' and no '\(missing)'", hint: "give both or neither")
    }
    return settings
  }

  private mutating func readLogin(_ section: Section, _ settings: inout BrokerSettings) {
    settings.user = brokerText("user", section, limit: 256)
    settings.clientID = brokerText("client-id", section, limit: 128)
    if let file = path("password-file", section) { settings.password = .file(file) }
    if section.has("password-credential") {
      settings.password = section.name("password-credential", example: "broker", &problems).map { .credential($0) }
      if section.has("password-file") {
        problems.error(
          section.keyNode("password-credential"), "broker has both 'password-file' and 'password-credential'",
          hint: "remove one of them")
      }
    }
    for key in ["password-file", "password-credential"] where section.has(key) && !section.has("user") {
      problems.error(section.keyNode(key), "broker has a '\(key)' and no 'user'", hint: "for example: user: barn-7")
    }
    if section.has("user"), settings.tls == nil, !["127.0.0.1", "::1", "localhost"].contains(settings.host) {
      problems.warning(
        section.keyNode("user"), "the password goes to the broker at \(settings.host) without encryption",
        hint: "tls: true")
    }
  }

  private mutating func brokerText(_ key: String, _ section: Section, limit: Int) -> String? {
    guard let text = section.text(key, &problems), let node = section.value(key) else { return nil }
    guard text.utf8.count <= limit, !text.utf8.contains(0) else {
      problems.error(node, "'\(key)' of broker has \(text.utf8.count) bytes", hint: "allowed: at most \(limit)")
      return nil
    }
    return text
  }
}
