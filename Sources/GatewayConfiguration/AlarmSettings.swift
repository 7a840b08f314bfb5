/// What the configuration says of all alarms together (`docs/alarms.md`).
public struct AlarmSettings: Hashable, Sendable {
  /// So many raisings within so long.
  public struct Limit: Hashable, Sendable {
    /// 2 to 100.
    public var count: Int
    /// 1 s to 1 h.
    public var within: Duration

    public init(count: Int, within: Duration) {
      self.count = count
      self.within = within
    }
  }

  /// From so many alarms of one device on, one alarm stands for them.
  public var flood = Limit(count: 10, within: .seconds(60))
  /// An alarm that is raised so often chatters.
  public var chatter = Limit(count: 3, within: .seconds(60))
  /// How long an alarm is shelved when nobody says; 1 s to ``longestShelving``.
  public var shelving = Duration.seconds(8 * 3_600)
  /// 1 min to 31 d.
  public var longestShelving = Duration.seconds(7 * 86_400)

  public init() {}
}

extension GatewaySettingsReader {
  mutating func alarmSettings(_ node: YAMLNode) -> AlarmSettings? {
    let keys = ["flood", "chatter", "shelving", "longest-shelving"]
    guard let section = Section(node, "alarms", keys: keys, &problems) else { return nil }
    var settings = AlarmSettings()
    settings.flood = limit("flood", section, settings.flood)
    settings.chatter = limit("chatter", section, settings.chatter)
    let days = Duration.seconds(31 * 86_400)
    settings.longestShelving =
      section.duration("longest-shelving", .seconds(60)...days, &problems) ?? settings.longestShelving
    let usual = min(settings.shelving, settings.longestShelving)
    settings.shelving = section.duration("shelving", .seconds(1)...days, &problems) ?? usual
    if settings.shelving > settings.longestShelving {
      problems.error(
        section.value("shelving") ?? node,
        "'shelving' of alarms is longer than 'longest-shelving', \(Quantity.text(settings.longestShelving))",
        hint: "make it shorter, or 'longest-shelving' longer")
    }
    return settings
  }

  private mutating func limit(_ key: String, _ alarms: Section, _ usual: AlarmSettings.Limit) -> AlarmSettings.Limit {
    guard let node = alarms.value(key),
      let section = Section(node, "'\(key)' of alarms", keys: ["count", "within"], &problems)
    else { return usual }
    return AlarmSettings.Limit(
      count: section.integer("count", 2...100, &problems) ?? usual.count,
      within: section.duration("within", .seconds(1) ... .seconds(3_600), &problems) ?? usual.within)
  }
}
