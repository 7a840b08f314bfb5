import RuleEngine
import Telemetry

extension GatewaySettingsReader {
  static let ruleKeys = ["name", "tag", "above", "below", "hysteresis", "for", "severity", "anomaly"]

  mutating func rules(_ file: Section, devices: [ReadDevice]) -> [ThresholdRule] {
    let example = "{ name: boiler_too_hot, tag: boiler/supply_temp, above: 85, hysteresis: 2, for: 10s }"
    return file.list("rules", limit: Self.maximumRules, example: example, &problems).compactMap { rule($0, devices) }
  }

  private mutating func rule(_ node: YAMLNode, _ devices: [ReadDevice]) -> ThresholdRule? {
    guard var section = Section(node, "a rule", keys: Self.ruleKeys, &problems) else { return nil }
    let name = section.name("name", example: "boiler_too_hot", &problems)
    if let name {
      section.title = "rule '\(name)'"
      claim(name, "rules", at: section.value("name") ?? node)
    }
    let tag =
      section.require("tag", example: devices.first.map { "\($0.name)/temperature" } ?? "boiler/supply_temp", &problems)
      ? tagIndex(section, devices) : nil
    let limit = limit(section)
    let hysteresis = section.decimal("hysteresis", &problems)
    if let hysteresis, hysteresis.units < 0 {
      problems.error(
        section.value("hysteresis") ?? node, "'hysteresis' of \(section.title) is negative",
        hint: "it is a distance from the limit: 0 or more")
    }
    let delay = section.duration("for", .zero ... .seconds(86_400), &problems)
    let severity = section.choice("severity", Severity.allCases.map { ($0.name, $0) }, &problems)
    guard let name, let limit, let (index, tagName) = tag else { return nil }
    if devices[index.device].settings?.tags[index.tag].definition.type == .text {
      problems.error(
        section.value("tag") ?? node, "\(section.title) watches '\(tagName)', which is a text",
        hint: "rules judge numbers and bools; a number with 'names' can be judged and shown as a word")
    }
    let unit = devices[index.device].settings?.tags[index.tag].definition.unit ?? ""
    return ThresholdRule(
      name: name, tag: index, tagName: tagName, unit: unit, comparison: limit.comparison, limit: limit.value,
      hysteresis: hysteresis?.doubleValue ?? 0, onDelay: delay ?? .zero, severity: severity ?? .medium)
  }

  private mutating func limit(_ section: Section) -> (comparison: ThresholdRule.Comparison, value: Double)? {
    if section.has("anomaly") {
      problems.error(
        section.keyNode("anomaly"), "'anomaly' is not supported by this version", hint: "supported: above, below")
      return nil
    }
    let given = ThresholdRule.Comparison.allCases.filter { section.has($0.rawValue) }
    guard given.count == 1, let comparison = given.first else {
      problems.error(
        section.node, "\(section.title) needs \(given.isEmpty ? "one" : "only one") of above, below",
        hint: given.isEmpty ? "for example: above: 85" : "make two rules of it")
      return nil
    }
    return section.decimal(comparison.rawValue, &problems).map { (comparison, $0.doubleValue) }
  }

  private mutating func tagIndex(_ section: Section, _ devices: [ReadDevice]) -> (TagIndex, String)? {
    guard let text = section.text("tag", &problems), let node = section.value("tag") else { return nil }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      problems.error(
        node, "'tag' of \(section.title) must be DEVICE/TAG, not '\(text)'", hint: "for example: boiler/supply_temp")
      return nil
    }
    guard let device = devices.firstIndex(where: { $0.name == parts[0] }) else {
      problems.error(
        node, "\(section.title) watches device '\(parts[0])', which does not exist",
        hint: ProblemList.suggestion(for: parts[0], among: devices.map(\.name), what: "devices"))
      return nil
    }
    guard let tag = devices[device].tagNames.firstIndex(of: parts[1]) else {
      problems.error(
        node, "\(section.title) watches tag '\(parts[1])', which device '\(parts[0])' does not have",
        hint: ProblemList.suggestion(for: parts[1], among: devices[device].tagNames, what: "tags"))
      return nil
    }
    return (TagIndex(device: device, tag: tag), text)
  }
}
