import GatewayCore
import RuleEngine
import Telemetry

/// What rules do besides raising alarms.
extension GatewaySettingsReader {
  static let actionKeys = ["on", "publish", "write", "note", "scan"]
  static let maximumActions = 8
  static let scanRange: ClosedRange<Duration> = .milliseconds(10) ... .seconds(86_400)

  mutating func actions(_ section: Section, _ directory: WatchableTags) -> [RuleAction] {
    let example = "{ write: { tag: boiler/pump, value: false } }"
    return section.list("actions", limit: Self.maximumActions, example: example, &problems).compactMap { node in
      action(node, of: section.title, directory)
    }
  }

  private mutating func action(_ node: YAMLNode, of rule: String, _ directory: WatchableTags) -> RuleAction? {
    guard let section = Section(node, "an action of \(rule)", keys: Self.actionKeys, &problems) else { return nil }
    let kinds = ["publish", "write", "note", "scan"].filter { section.has($0) }
    guard kinds.count == 1, let kind = kinds.first else {
      if kinds.isEmpty, section.hasUnknownKeys { return nil }
      problems.error(
        node, "\(section.title) needs \(kinds.isEmpty ? "one" : "only one") of publish, write, note, scan",
        hint: kinds.isEmpty ? "for example: note: \"look at the pump\"" : "make two actions of it")
      return nil
    }
    if kind == "scan" {
      if section.has("on") {
        problems.error(
          section.keyNode("on"), "\(section.title) has 'on' beside 'scan'",
          hint: "a scan interval holds as long as the cause of the alarm does")
      }
      return scan(section, rule, directory).map { RuleAction($0) }
    }
    let trigger = section.choice("on", RuleAction.triggers.map { ($0.name, $0.transition) }, &problems) ?? .raised
    let made: RuleAction.Kind?
    switch kind {
    case "publish": made = publish(section, rule)
    case "write": made = write(section, rule, directory)
    default: made = template("note", section).map { .note($0) }
    }
    return made.map { RuleAction(on: trigger, $0) }
  }

  private mutating func scan(_ action: Section, _ rule: String, _ directory: WatchableTags) -> RuleAction.Kind? {
    guard let node = action.value("scan"),
      let section = Section(node, "'scan' of \(rule)", keys: ["device", "tag", "every"], &problems)
    else { return nil }
    let every = section.duration("every", Self.scanRange, &problems)
    if section.has("device"), section.has("tag") {
      problems.error(
        section.keyNode("tag"), "\(section.title) has device and tag; it can have one",
        hint: "a device is scanned as a whole, so its name is enough")
      return nil
    }
    let isWhole = [
      section.has("tag") || section.require("device", example: "boiler", &problems),
      section.require("every", example: "200ms", &problems),
    ]
    guard isWhole == [true, true], let place = section.value("device") ?? section.value("tag"),
      let device = scanned(section, at: place, directory)
    else { return nil }
    let name = device.name
    // What is wrong with the device itself is told there.
    guard let every, let settings = device.settings else { return nil }
    let isComputed = settings.tags.contains { if case .computed = $0.source { true } else { false } }
    guard settings.serial == nil, !isComputed else {
      problems.error(
        place, "\(section.title) speeds up '\(name)', which is not polled over Modbus",
        hint: "serial sensors and computed tags come at their own pace")
      return nil
    }
    guard !settings.reading.isContinuous, every < settings.scanInterval else {
      let own = settings.reading.isContinuous ? "as often as the line allows" : Quantity.text(settings.scanInterval)
      problems.error(
        section.value("every") ?? node, "\(section.title) is not shorter than the interval of '\(name)': \(own)",
        hint: "give a shorter one, or leave the action out")
      return nil
    }
    return .scan(ScanAction(device: name, every: every))
  }

  /// The device that is named, itself or by one of its tags.
  private mutating func scanned(
    _ section: Section, at place: YAMLNode, _ directory: WatchableTags
  ) -> WatchableTags.Device? {
    if let name = section.text("device", &problems) {
      return directory.device(name, at: place, who: section.title, &problems)
    }
    guard let name = section.text("tag", &problems) else { return nil }
    return directory.find(name, at: place, who: section.title, isTextAllowed: true, &problems)
      .map { directory.device($0.index.device) }
  }

  private mutating func publish(_ action: Section, _ rule: String) -> RuleAction.Kind? {
    guard let node = action.value("publish"),
      let section = Section(node, "'publish' of \(rule)", keys: ["topic", "payload", "retain"], &problems)
    else { return nil }
    let isRetained = section.flag("retain", &problems) ?? false
    guard section.require("topic", example: "plant/horn", &problems), let topic = section.text("topic", &problems),
      let place = section.value("topic")
    else { return nil }
    // MQTT 3.1.1, section 4.7: + and # are for subscriptions, $ begins the broker's own topics.
    guard topic.utf8.count <= 256, !topic.hasPrefix("$"),
      !topic.utf8.contains(where: { $0 < 0x20 || $0 == 0x23 || $0 == 0x2b })
    else {
      problems.error(
        place, "'topic' of \(section.title) cannot be '\(topic.prefix(60))'",
        hint: "at most 256 bytes without + and #, not beginning with $, for example: plant/horn")
      return nil
    }
    guard section.has("payload") else {
      guard let usual = try? MessageTemplate("{name}") else { return nil }
      return .publish(topic: topic, payload: usual, isRetained: isRetained)
    }
    return template("payload", section).map { .publish(topic: topic, payload: $0, isRetained: isRetained) }
  }

  private mutating func write(_ action: Section, _ rule: String, _ directory: WatchableTags) -> RuleAction.Kind? {
    guard let node = action.value("write"),
      let section = Section(node, "'write' of \(rule)", keys: ["tag", "value", "only-if", "at-most-every"], &problems)
    else { return nil }
    let every = section.duration("at-most-every", .seconds(1) ... .seconds(7 * 86_400), &problems)
    var interlock: Condition?
    if let node = section.value("only-if") {
      guard let read = condition(part: node, of: "'only-if' of \(rule)", in: rule, directory, depth: 1) else {
        return nil
      }
      interlock = read
    }
    let hasTag = section.require("tag", example: directory.example, &problems)
    let hasValue = section.require("value", example: "true", &problems)
    guard hasTag, hasValue, let name = section.text("tag", &problems), let place = section.value("tag"),
      let tag = directory.find(name, at: place, who: section.title, isTextAllowed: true, &problems),
      let value = writeValue(section)
    else { return nil }
    guard directory.isWritable(tag.index) else {
      problems.error(
        place, "\(section.title) writes '\(name)', which is not writable",
        hint: "the tag needs: writable: true, or its limits")
      return nil
    }
    if let objection = directory.objection(to: CommandValue(value), tag.index) {
      problems.error(
        section.value("value") ?? node, "\(section.title) would be refused: \(objection)",
        hint: "give a value that 'fieldgate write' would take, or change 'writable' of the tag")
      return nil
    }
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    return .write(
      WriteAction(
        device: parts[0], tag: parts[1], value: value, interlock: interlock, atMostEvery: every ?? .seconds(60)))
  }

  private mutating func writeValue(_ section: Section) -> WriteAction.Value? {
    guard let node = section.value("value") else { return nil }
    guard case .scalar(let text, let isQuoted) = node.content, !text.isEmpty else {
      problems.error(node, "'value' of \(section.title) must be a value, not \(node.kindName)")
      return nil
    }
    if !isQuoted, text == "true" || text == "false" { return .flag(text == "true") }
    if !isQuoted, let number = DecimalNumber(text: text) { return .number(number.doubleValue) }
    return .text(text)
  }
}
