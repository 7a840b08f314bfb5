import AnomalyDetection
import RuleEngine
import Telemetry

/// Conditions of rules.
extension GatewaySettingsReader {
  static let conditionKeys = [
    "above", "below", "outside", "equals", "in", "rate", "deviation", "stale", "flat-line", "anomaly", "all", "any",
    "not",
  ]
  static let groupKeys = ["all", "any", "not"]
  /// Conditions that look at tags, in one rule.
  static let maximumConditions = 64
  static let maximumParts = 32
  static let maximumDepth = 8

  /// A condition with a tag of its own: a part of a group, or a `when`.
  mutating func condition(
    part node: YAMLNode, of who: String, in rule: String, _ directory: WatchableTags, depth: Int
  ) -> Condition? {
    guard depth <= Self.maximumDepth else {
      problems.error(node, "\(who) stands \(depth) deep", hint: "allowed: \(Self.maximumDepth)")
      return nil
    }
    guard let section = Section(node, who, keys: ["tag"] + Self.conditionKeys + ["hysteresis"], &problems) else {
      return nil
    }
    var tag: RuleTag?
    if !Self.groupKeys.contains(where: { section.has($0) }) || section.has("tag") {
      guard section.require("tag", example: directory.example, &problems), let text = section.text("tag", &problems),
        let place = section.value("tag")
      else { return nil }
      if text.contains("*") {
        problems.error(
          place, "'tag' of \(who) cannot be the pattern '\(text)'", hint: "only the tag of a whole rule can be one")
        return nil
      }
      tag = directory.find(text, at: place, who: who, &problems)
      if tag == nil { return nil }
    }
    return condition(section, tag: tag, in: rule, directory, depth: depth)
  }

  /// - Parameters:
  ///   - tag: nil where the condition can only be a group.
  ///   - rule: such as `rule 'hot'`, for messages about parts.
  mutating func condition(
    _ section: Section, tag: RuleTag?, in rule: String, _ directory: WatchableTags, depth: Int
  ) -> Condition? {
    let given = Self.conditionKeys.filter { section.has($0) }
    // Only a whole rule can have levels, which make several alarms.
    let known = Self.conditionKeys + (depth == 0 ? ["levels"] : [])
    guard given.count == 1, let key = given.first else {
      if given.isEmpty, section.hasUnknownKeys { return nil }
      problems.error(
        section.node,
        given.isEmpty
          ? "\(section.title) has no condition" : "\(section.title) has \(given.joined(separator: " and "))",
        hint: given.isEmpty
          ? "it needs one of \(known.joined(separator: ", ")); for example: above: 85"
          : "it can have one; make two rules of it, or a group: any: [ … ]")
      return nil
    }
    if let node = section.value("hysteresis"), !["above", "below", "outside", "deviation"].contains(key) {
      problems.error(
        node, "'hysteresis' of \(section.title) has no meaning for '\(key)'",
        hint: "remove it; it belongs to above, below, outside and deviation")
    }
    if Self.groupKeys.contains(key) { return group(key, section, tag, in: rule, directory, depth: depth) }
    guard let tag else { return nil }
    guard isNumber(tag, key, section, directory) else { return nil }
    switch key {
    case "above", "below":
      guard let limit = section.decimal(key, &problems) else { return nil }
      return .compare(
        tag, key == "above" ? .above : .below, limit: limit.doubleValue, hysteresis: hysteresis(section) ?? 0)
    case "outside": return outside(section, tag)
    case "equals":
      guard let node = section.value(key) else { return nil }
      return state(node, key, section, tag, directory).map { .isOneOf(tag, [$0]) }
    case "in":
      let items = section.list(key, limit: 256, example: "fault", &problems)
      if let node = section.value(key), node.content == .sequence([]) {
        problems.error(node, "'in' of \(section.title) has no values", hint: "for example: in: [1, 2]")
      }
      let values = items.compactMap { state($0, key, section, tag, directory) }
      return values.isEmpty || values.count < items.count ? nil : .isOneOf(tag, values)
    case "rate": return rate(section, tag)
    case "deviation": return deviation(section, tag, directory)
    case "stale":
      return section.duration(key, .seconds(1) ... .seconds(31 * 86_400), &problems).map { .stale(tag, $0) }
    case "flat-line":
      guard let node = section.value(key),
        let settings = Section(node, "'flat-line' of \(section.title)", keys: ["at-least"], &problems)
      else { return nil }
      let atLeast = settings.duration("at-least", .zero ... .seconds(31 * 86_400), &problems)
      return .flatLine(tag, atLeast: atLeast ?? .zero)
    case "anomaly": return anomaly(section, tag)
    default: return nil
    }
  }

  /// Conditions that compare with numbers, which a bool has none of.
  static let numericKeys: Set<String> = ["above", "below", "outside", "rate", "deviation", "levels"]

  /// False with the problem reported when the condition needs a number and the tag is a bool.
  mutating func isNumber(_ tag: RuleTag, _ key: String, _ section: Section, _ directory: WatchableTags) -> Bool {
    guard Self.numericKeys.contains(key), !tag.name.isEmpty, directory.definition(tag.index)?.type == .boolean else {
      return true
    }
    problems.error(
      section.keyNode(key), "\(section.title) has '\(key)' for '\(tag.name)', which is a bool",
      hint: "bools are judged by: equals: true")
    return false
  }

  /// 0 or more, in the tag's unit.
  mutating func hysteresis(_ section: Section) -> Double? {
    guard let hysteresis = section.decimal("hysteresis", &problems) else { return nil }
    if hysteresis.units < 0 {
      problems.error(
        section.value("hysteresis") ?? section.node, "'hysteresis' of \(section.title) is negative",
        hint: "it is a distance from the limit: 0 or more")
    }
    return hysteresis.doubleValue
  }

  private mutating func group(
    _ key: String, _ section: Section, _ tag: RuleTag?, in rule: String, _ directory: WatchableTags, depth: Int
  ) -> Condition? {
    guard let node = section.value(key) else { return nil }
    if tag != nil {
      problems.error(
        section.keyNode("tag"), "\(section.title) has a 'tag' beside '\(key)'",
        hint: "each part of '\(key)' names its own tag")
      return nil
    }
    let who = "a part of '\(key)' of \(rule)"
    if key == "not" {
      return condition(part: node, of: "'not' of \(rule)", in: rule, directory, depth: depth + 1).map { .not($0) }
    }
    let items = section.list(key, limit: Self.maximumParts, example: "{ tag: boiler/pump, equals: true }", &problems)
    if node.content == .sequence([]) {
      problems.error(
        node, "'\(key)' of \(section.title) has no parts",
        hint: "for example: \(key): [ { tag: boiler/pump, equals: true } ]")
    }
    let parts = items.compactMap { condition(part: $0, of: who, in: rule, directory, depth: depth + 1) }
    guard !parts.isEmpty, parts.count == items.count else { return nil }
    return key == "all" ? .all(parts) : .any(parts)
  }

  private mutating func outside(_ section: Section, _ tag: RuleTag) -> Condition? {
    let hint = "it is the lowest and the highest plausible value, for example: outside: [0, 120]"
    guard let node = section.value("outside") else { return nil }
    guard case .sequence(let bounds) = node.content, bounds.count == 2 else {
      problems.error(node, "'outside' of \(section.title) must be two numbers", hint: hint)
      return nil
    }
    let values = bounds.compactMap { item -> Double? in
      guard case .scalar(let text, false) = item.content, let number = DecimalNumber(text: text) else {
        problems.error(
          item, "'outside' of \(section.title) must be two decimal numbers, not \(item.kindName)", hint: hint)
        return nil
      }
      return number.doubleValue
    }
    guard values.count == 2 else { return nil }
    guard values[0] < values[1] else {
      problems.error(node, "'outside' of \(section.title) begins with the higher bound", hint: hint)
      return nil
    }
    let hysteresis = hysteresis(section) ?? 0
    guard hysteresis * 2 < values[1] - values[0] else {
      problems.error(
        section.value("hysteresis") ?? node, "'hysteresis' of \(section.title) leaves no value that is back within",
        hint: "allowed: less than half of the distance of the bounds")
      return nil
    }
    return .outside(tag, values[0]...values[1], hysteresis: hysteresis)
  }

  /// A number, `true` or `false`, or a name of the tag's values.
  private mutating func state(
    _ node: YAMLNode, _ key: String, _ section: Section, _ tag: RuleTag, _ directory: WatchableTags
  ) -> Double? {
    guard case .scalar(let text, let isQuoted) = node.content, !text.isEmpty else {
      problems.error(node, "'\(key)' of \(section.title) must be a value, not \(node.kindName)")
      return nil
    }
    guard let definition = directory.definition(tag.index) else { return nil }
    if let named = tag.names.first(where: { $0.name == text }) {
      return definition.scaling.apply(definition.type == .boolean ? .boolean(named.value != 0) : .integer(named.value))
    }
    if definition.type == .boolean {
      switch text {
      case "true", "1": return 1
      case "false", "0": return 0
      default: break
      }
    } else if !isQuoted, let number = DecimalNumber(text: text) {
      return number.doubleValue
    }
    let known = tag.names.map(\.name) + (definition.type == .boolean ? ["true", "false"] : [])
    problems.error(
      node, "'\(key)' of \(section.title) cannot be '\(text.prefix(40))'",
      hint: known.isEmpty
        ? "\(tag.name) has numbers without names" : ProblemList.suggestion(for: text, among: known, what: "values"))
    return nil
  }

  private mutating func rate(_ section: Section, _ tag: RuleTag) -> Condition? {
    guard let node = section.value("rate"),
      let rate = Section(node, "'rate' of \(section.title)", keys: ["above", "below", "per", "over"], &problems)
    else { return nil }
    let range = Duration.seconds(1) ... .seconds(7 * 86_400)
    let hasPeriod = rate.require("per", example: "1min", &problems)
    guard let per = rate.duration("per", range, &problems), hasPeriod else { return nil }
    let over = rate.duration("over", range, &problems) ?? per
    guard rate.has("above") || rate.has("below") else {
      problems.error(node, "\(rate.title) has no limit", hint: "for example: rate: { above: 2, per: 1min }")
      return nil
    }
    var parts: [Condition] = []
    for side in Comparison.allCases where rate.has(side.rawValue) {
      guard let limit = rate.decimal(side.rawValue, &problems)?.doubleValue else { return nil }
      guard side == .above ? limit > 0 : limit < 0 else {
        problems.error(
          rate.value(side.rawValue) ?? node,
          "'\(side.rawValue)' of \(rate.title) must be \(side == .above ? "above" : "below") 0",
          hint: "above: 2 is rising by more than 2, below: -2 falling by more than 2")
        return nil
      }
      parts.append(.rate(tag, side, limit: limit, per: per, over: over))
    }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func anomaly(_ section: Section, _ tag: RuleTag) -> Condition? {
    guard let node = section.value("anomaly"),
      let settings = Section(
        node, "'anomaly' of \(section.title)", keys: ["hold-off", "forget", "learn", "clear-after"], &problems)
    else { return nil }
    var condition = AnomalyCondition()
    condition.settings.holdOff =
      settings.duration("hold-off", AnomalySettings.holdOffLimits, &problems) ?? condition.settings.holdOff
    condition.settings.learning =
      settings.duration("learn", AnomalySettings.learningLimits, &problems) ?? condition.settings.learning
    if case .scalar("never", _)? = settings.value("forget")?.content {
      condition.settings.forgetting = nil
    } else if let time = settings.duration("forget", AnomalySettings.forgettingLimits, &problems) {
      condition.settings.forgetting = time
    }
    condition.clearAfter =
      settings.duration("clear-after", .zero ... .seconds(30 * 86_400), &problems) ?? condition.clearAfter
    return .anomaly(tag, condition)
  }

  private mutating func deviation(_ section: Section, _ tag: RuleTag, _ directory: WatchableTags) -> Condition? {
    guard let node = section.value("deviation"),
      let settings = Section(node, "'deviation' of \(section.title)", keys: ["from", "above"], &problems)
    else { return nil }
    let hasFrom = settings.require("from", example: "boiler/setpoint", &problems)
    let hasLimit = settings.require("above", example: "5", &problems)
    guard hasFrom, hasLimit, let text = settings.text("from", &problems), let place = settings.value("from"),
      let limit = settings.decimal("above", &problems)?.doubleValue
    else { return nil }
    guard limit > 0 else {
      problems.error(
        settings.value("above") ?? node, "'above' of \(settings.title) must be above 0",
        hint: "it is the largest distance on either side that is normal")
      return nil
    }
    guard let other = directory.find(text, at: place, who: settings.title, &problems) else { return nil }
    if directory.definition(other.index)?.type == .boolean {
      problems.error(
        place, "\(settings.title) compares \(tag.name) with '\(other.name)', which is a bool",
        hint: "'from' needs a tag of a number")
      return nil
    }
    guard other.index != tag.index else {
      problems.error(place, "\(settings.title) compares \(tag.name) with itself")
      return nil
    }
    if !tag.unit.isEmpty, !other.unit.isEmpty, tag.unit != other.unit {
      problems.error(
        place, "\(settings.title) compares \(tag.unit) with \(other.unit)", hint: "both tags need the same unit")
      return nil
    }
    return .deviation(tag, from: other, limit: limit, hysteresis: hysteresis(section) ?? 0)
  }
}
