import Telemetry

extension GatewaySettingsReader {
  mutating func central(_ node: YAMLNode) -> CentralSettings? {
    let keys = [
      "url", "identity", "authority", "certificate", "key", "proxy", "late-renewal-url", "batch-interval",
      "offline-batch-interval", "rate-limit", "quiet",
    ]
    guard let section = Section(node, "central", keys: keys, &problems) else { return nil }
    let hasURL = section.require("url", example: "\"https://central.example:8443\"", &problems)
    let url = hasURL ? self.url("url", section) : nil
    var settings = credentials(section, url: url ?? "")
    settings.proxy = proxy(section)
    settings.lateRenewalURL = self.url("late-renewal-url", section)
    settings.batchInterval =
      section.duration("batch-interval", .seconds(1) ... .seconds(3_600), &problems) ?? settings.batchInterval
    settings.offlineBatchInterval =
      section.duration("offline-batch-interval", .seconds(1) ... .seconds(86_400), &problems)
      ?? settings.offlineBatchInterval
    settings.rateLimitBytes = section.size("rate-limit", 1_000...10_000_000_000, &problems).map { Int($0) }
    if let text = section.text("quiet", &problems), let node = section.value("quiet") {
      settings.quietHours = QuietHours(text: text)
      if settings.quietHours == nil {
        problems.error(
          node, "'quiet' of central cannot be '\(text)'",
          hint: "it is two times of the day in 24 hours, for example: quiet: \"22:00-06:00\"")
      }
    }
    return settings
  }

  /// By which files central and this gateway know each other: an identity directory, or three files by hand.
  private mutating func credentials(_ section: Section, url: String) -> CentralSettings {
    let byHand = ["authority", "certificate", "key"].filter(section.has)
    guard let first = byHand.first else {
      return CentralSettings(url: url, identity: path("identity", section) ?? CentralSettings.standardIdentity)
    }
    if section.has("identity") {
      problems.error(
        section.keyNode("identity"), "central has both 'identity' and '\(first)'",
        hint: "'identity' is what fieldgate enroll makes; authority, certificate and key are files of your own")
    }
    var settings = CentralSettings(
      url: url, authority: "/etc/fieldgate/tls/ca.pem", certificate: "/etc/fieldgate/tls/gateway.pem",
      key: "/etc/fieldgate/tls/gateway.key")
    settings.authority = credentialFile("authority", section) ?? settings.authority
    settings.certificate = credentialFile("certificate", section) ?? settings.certificate
    settings.key = credentialFile("key", section) ?? settings.key
    return settings
  }

  /// A whole path, or `credential:NAME`.
  private mutating func credentialFile(_ key: String, _ section: Section) -> String? {
    var quiet = ProblemList()
    guard let text = section.text(key, &quiet), text.hasPrefix(CentralSettings.credentialMark) else {
      return path(key, section)
    }
    let name = text.dropFirst(CentralSettings.credentialMark.count)
    guard (1...64).contains(name.utf8.count), name.first != ".",
      name.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "/") })
    else {
      problems.error(
        section.value(key) ?? section.node, "'\(key)' of central names no credential: '\(text.prefix(80))'",
        hint: "it is credential:NAME, with the name in the unit's LoadCredential=NAME:/path/of/the/file")
      return nil
    }
    return text
  }

  private mutating func proxy(_ section: Section) -> String? {
    guard let text = section.text("proxy", &problems), let node = section.value("proxy") else { return nil }
    let isGood =
      (text.hasPrefix("http://") || text.hasPrefix("https://")) && text.utf8.count <= 300
      && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    guard isGood else {
      problems.error(
        node, "'proxy' of central cannot be '\(text.prefix(80))'", hint: "for example \"http://proxy.example:3128\"")
      return nil
    }
    return text
  }

  /// `https://HOST[:PORT]` and nothing behind it but perhaps a slash.
  private mutating func url(_ key: String, _ section: Section) -> String? {
    guard var text = section.text(key, &problems), let node = section.value(key) else { return nil }
    if text.hasSuffix("/") { text.removeLast() }
    let rest = text.dropFirst("https://".count)
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
    let isBracketed = rest.hasPrefix("[")
    let isGood =
      text.hasPrefix("https://") && !rest.isEmpty && !rest.contains { "/?#@ ".contains($0) }
      && (isBracketed || parts.count == 1 || (parts.count == 2 && (1...65_535).contains(Int(parts[1]) ?? 0)))
      && parts[0] != ""
    guard isGood else {
      problems.error(
        node, "'\(key)' of central cannot be '\(text)'",
        hint: "it is https://HOST or https://HOST:PORT, for example \"https://central.example:8443\"")
      return nil
    }
    return text
  }
}
