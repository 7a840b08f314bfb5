import RuleEngine
import Telemetry

/// The `rules` of a file (`docs/rules.md`).
extension GatewaySettingsReader {
  static let ruleKeys =
    ["name", "tag"] + conditionKeys + [
      "levels", "hysteresis", "for", "off-delay", "severity", "message", "when", "schedule", "group", "acknowledge",
      "actions",
    ]
  /// Alarms, after patterns and levels.
  public static let maximumAlarms = 20_000
  /// Of alarms in the alarms lane (`docs/formats/batch.md`).
  static let maximumAlarmName = 64
  static let levels: [(key: String, suffix: String, side: Comparison, severity: Severity)] = [
    ("low-low", "low_low", .below, .high), ("low", "low", .below, .medium), ("high", "high", .above, .medium),
    ("high-high", "high_high", .above, .high),
  ]

  mutating func rules(_ file: Section, devices: [ReadDevice]) -> [AlarmRule] {
    let example = "{ name: boiler_too_hot, tag: boiler/supply_temp, above: 85, hysteresis: 2, for: 10s }"
    let directory = WatchableTags(devices)
    var rules: [AlarmRule] = []
    for node in file.list("rules", limit: Self.maximumRules, example: example, &problems) {
      rules += self.rules(node, directory)
      guard rules.count <= Self.maximumAlarms else {
        problems.error(
          node, "with this rule there are more than \(Self.maximumAlarms) alarms",
          hint: "a narrower pattern of tags makes fewer")
        return []
      }
    }
    return rules
  }

  /// The alarms of one entry: one, or one a tag of its pattern and a level of its levels.
  private mutating func rules(_ node: YAMLNode, _ directory: WatchableTags) -> [AlarmRule] {
    guard var section = Section(node, "a rule", keys: Self.ruleKeys, &problems) else { return [] }
    let name = section.name("name", example: "boiler_too_hot", &problems)
    if let name {
      section.title = "rule '\(name)'"
      claim(name, "rules", at: section.value("name") ?? node)
      if name.hasSuffix(".alarm_flood") {
        problems.error(
          section.value("name") ?? node, "\(section.title) has the name of the gateway's own alarm of a flood",
          hint: "names ending in .alarm_flood are taken")
      }
    }
    let common = common(section, directory)
    let isGroup = ["all", "any", "not"].contains { section.has($0) }
    guard let pattern = pattern(section) else {
      let tag = isGroup && !section.has("tag") ? nil : subject(section, directory)
      if tag == nil, !isGroup { checkWithoutTag(section, directory) }
      guard let name, tag != nil || isGroup else { return [] }
      return rules(section, name: name, tag: tag, common, directory)
    }
    let needsNumber = Self.numericKeys.contains { section.has($0) }
    let tags = directory.matching(pattern).filter { tag in
      if section.has("anomaly"), !tag.names.isEmpty { return false }
      return !needsNumber || directory.definition(tag.index)?.type != .boolean
    }
    guard !tags.isEmpty else {
      problems.error(
        section.value("tag") ?? node, "no tag of a number fits the pattern '\(pattern)' of \(section.title)",
        hint: "* stands for any letters, for example: \"boiler/*\" or \"*/temperature\"")
      return []
    }
    guard let name else { return [] }
    return tags.flatMap { tag in
      rules(
        section, name: "\(name).\(tag.name.map { $0 == "/" ? "." : String($0) }.joined())", tag: tag, common, directory)
    }
  }

  /// What a rule says beside its condition.
  private mutating func common(_ section: Section, _ directory: WatchableTags) -> AlarmRule? {
    let day = Duration.zero ... .seconds(86_400)
    var rule = AlarmRule(name: "", condition: .all([]))
    rule.onDelay = section.duration("for", day, &problems) ?? .zero
    rule.offDelay = section.duration("off-delay", day, &problems) ?? .zero
    rule.severity = section.choice("severity", Severity.allCases.map { ($0.name, $0) }, &problems) ?? .medium
    rule.needsAcknowledge = section.flag("acknowledge", &problems) ?? true
    if section.has("group") { rule.group = section.name("group", example: "boiler", &problems) }
    rule.message = template("message", section)
    rule.actions = actions(section, directory)
    rule.schedule = schedule(section)
    if let node = section.value("when") {
      guard
        let precondition = condition(
          part: node, of: "'when' of \(section.title)", in: section.title, directory, depth: 1)
      else {
        return nil
      }
      rule.precondition = precondition
    }
    return rule
  }

  /// The text of `tag` when it is a pattern.
  private func pattern(_ section: Section) -> String? {
    guard case .scalar(let text, _)? = section.value("tag")?.content, text.contains("*") else { return nil }
    return text
  }

  /// The tag the rule is about.
  private mutating func subject(_ section: Section, _ directory: WatchableTags) -> RuleTag? {
    guard section.require("tag", example: directory.example, &problems), let text = section.text("tag", &problems),
      let node = section.value("tag")
    else { return nil }
    return directory.find(text, at: node, who: section.title, &problems)
  }

  /// With the tag unknown, the rest is still read for its mistakes.
  private mutating func checkWithoutTag(_ section: Section, _ directory: WatchableTags) {
    guard !section.has("levels"), !section.has("equals"), !section.has("in") else { return }
    _ = condition(
      section, tag: RuleTag(TagIndex(device: 0, tag: 0), name: ""), in: section.title, directory, depth: 0)
  }

  private mutating func rules(
    _ section: Section, name: String, tag: RuleTag?, _ common: AlarmRule?, _ directory: WatchableTags
  ) -> [AlarmRule] {
    var found: [(suffix: String, condition: Condition, severity: Severity?)] = []
    if section.has("levels") {
      found = levels(section, tag, directory)
    } else if let condition = condition(section, tag: tag, in: section.title, directory, depth: 0) {
      found = [("", condition, nil)]
    }
    return found.compactMap { suffix, condition, severity in
      guard var rule = common else { return nil }
      rule.name = name + suffix
      rule.condition = condition
      if rule.name != section.name("name", example: "", &problems) {
        claim(rule.name, "rules", at: section.value("name") ?? section.node)
      }
      if let severity, !section.has("severity") { rule.severity = severity }
      checkTriggers(rule, section)
      guard rule.name.utf8.count <= Self.maximumAlarmName else {
        problems.error(
          section.value("name") ?? section.node, "the alarm '\(rule.name)' has a name of \(rule.name.utf8.count) bytes",
          hint: "allowed: \(Self.maximumAlarmName); a shorter name of the rule leaves room for the tag's")
        return nil
      }
      let leaves = rule.leafCount
      guard leaves <= Self.maximumConditions else {
        problems.error(
          section.node, "\(section.title) has \(leaves) conditions", hint: "allowed: \(Self.maximumConditions)")
        return nil
      }
      return rule
    }
  }

  /// Only a detector sees that something gets worse.
  private mutating func checkTriggers(_ rule: AlarmRule, _ section: Section) {
    guard !rule.condition.hasAnomaly, rule.actions.contains(where: { $0.trigger == .raisedAgain }) else { return }
    problems.error(
      section.keyNode("actions"),
      "an action of \(section.title) is for 'raised-again', which never comes without 'anomaly'",
      hint: "use on: raised")
  }

  private mutating func levels(
    _ section: Section, _ tag: RuleTag?, _ directory: WatchableTags
  ) -> [(suffix: String, condition: Condition, severity: Severity?)] {
    guard let tag, let node = section.value("levels"), isNumber(tag, "levels", section, directory) else { return [] }
    if let other = Self.conditionKeys.first(where: { section.has($0) }) {
      problems.error(
        section.keyNode(other), "\(section.title) has 'levels' and '\(other)'", hint: "make two rules of it")
      return []
    }
    guard let levels = Section(node, "'levels' of \(section.title)", keys: Self.levels.map(\.key), &problems) else {
      return []
    }
    let hysteresis = hysteresis(section) ?? 0
    var found: [(suffix: String, condition: Condition, severity: Severity?)] = []
    var last: (key: String, limit: Double)?
    for (key, suffix, side, severity) in Self.levels where levels.has(key) {
      guard let limit = levels.decimal(key, &problems)?.doubleValue else { continue }
      if let last, limit <= last.limit {
        problems.error(
          levels.value(key) ?? node, "'\(key)' of \(section.title) is not above '\(last.key)'",
          hint: "levels rise from low-low over low and high to high-high")
      }
      last = (key, limit)
      found.append((".\(suffix)", .compare(tag, side, limit: limit, hysteresis: hysteresis), severity))
    }
    if found.isEmpty, !problems.hasErrors {
      problems.error(
        node, "'levels' of \(section.title) has no level", hint: "for example: levels: { low: 10, high: 80 }")
    }
    return found
  }

  /// A sentence with places.
  mutating func template(_ key: String, _ section: Section) -> MessageTemplate? {
    guard let text = section.text(key, &problems), let node = section.value(key) else { return nil }
    guard text.utf8.count <= MessageTemplate.maximumBytes else {
      problems.error(
        node, "'\(key)' of \(section.title) has \(text.utf8.count) bytes",
        hint: "allowed: at most \(MessageTemplate.maximumBytes)")
      return nil
    }
    do {
      return try MessageTemplate(text)
    } catch {
      let places = MessageTemplate.Place.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
      let what = error.place.map { "the place {\($0)}, which nobody knows," } ?? "a brace without its partner"
      problems.error(
        node,
        "'\(key)' of \(section.title) has \(what) "
          + (error.offset == 0 ? "at its beginning" : "after \(error.offset) letters"),
        hint: "places are \(places); braces themselves, as in JSON, are written twice: {{ and }}")
      return nil
    }
  }
}
