import TagExpressions
import TagWindows
import Telemetry

/// `window:` of a computed tag (`docs/windows.md`).
extension GatewaySettingsReader {
  static let windowKeys = [
    "of", "type", "length", "every", "timeout", "longest", "count", "function", "percent", "per", "state", "only",
    "lateness", "maximum-gap", "minimum-coverage", "offset", "points",
  ]
  private static let windowTimes: ClosedRange<Duration> =
    .milliseconds(1) ... .seconds(366 * 86_400)

  private enum WindowType: String, CaseIterable { case tumbling, hopping, sliding, session, count }

  /// What belongs to each type, besides what all have.
  private static let shapeKeys: [WindowType: Set<String>] = [
    .tumbling: ["length", "offset"], .hopping: ["length", "every", "offset"], .sliding: ["length"],
    .session: ["timeout", "longest"], .count: ["count", "every"],
  ]
  private static let functionKeys: [String: String] = [
    "percentile": "percent", "rate": "per", "integral": "per", "time-in-state": "state",
  ]

  /// - Parameter device: the computed device, whose tags need no device before them.
  mutating func window(_ node: YAMLNode, of title: String, in device: String) -> ReadComputedTag.Source? {
    guard let section = Section(node, "the window of \(title)", keys: Self.windowKeys, &problems) else { return nil }
    let tags = windowTags(section, in: device)
    let shape = windowShape(section)
    let function = windowFunction(section)
    let only = condition("only", section)
    let lateness = section.duration("lateness", .zero...WindowSpecification.maximumLateness, &problems) ?? .zero
    let gap = section.duration("maximum-gap", Self.windowTimes, &problems)
    let coverage = section.decimal("minimum-coverage", &problems)?.doubleValue
    let offset = section.duration("offset", .zero...Self.windowTimes.upperBound, &problems) ?? .zero
    let points = section.integer("points", 16...WindowSpecification.maximumPoints, &problems)
    guard let tags, let shape, let function else { return nil }
    do throws(InvalidWindow) {
      let specification = try WindowSpecification(
        shape, function, tags: tags.count, lateness: lateness, maximumGap: gap, minimumCoverage: coverage, only: only,
        offset: offset, points: points)
      return .window(specification, tags, section)
    } catch {
      for problem in error.problems {
        problems.error(section.value(problem.key) ?? node, "'\(problem.key)' of \(section.title): \(problem.text)")
      }
      return nil
    }
  }

  private mutating func windowTags(_ section: Section, in device: String) -> [TagName]? {
    guard section.require("of", example: "boiler/supply_temp", &problems), let node = section.value("of") else {
      return nil
    }
    var items = [node]
    if case .sequence = node.content {
      items = section.list("of", limit: WindowSpecification.maximumTags, example: "boiler/supply_temp", &problems)
      guard !items.isEmpty else {
        problems.error(node, "'of' of \(section.title) is an empty list", hint: "for example: [a/power, b/power]")
        return nil
      }
    }
    var tags: [TagName] = []
    for item in items {
      guard case .scalar(let text, _) = item.content, !text.isEmpty else {
        problems.error(item, "'of' of \(section.title) must be a tag or a list of tags, not \(item.kindName)")
        return nil
      }
      let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let tag = parts.count == 2 ? TagName(device: parts[0], tag: parts[1]) : TagName(device: device, tag: text)
      guard !tags.contains(tag) else {
        problems.error(item, "'of' of \(section.title) has '\(text)' twice", hint: "remove one of them")
        return nil
      }
      tags.append(tag)
    }
    return tags
  }

  private mutating func windowShape(_ section: Section) -> WindowShape? {
    guard section.require("type", example: "sliding", &problems),
      let type = section.choice("type", WindowType.allCases.map { ($0.rawValue, $0) }, &problems)
    else { return nil }
    let own = Self.shapeKeys[type] ?? []
    for key in Set(Self.shapeKeys.values.flatMap(\.self)).subtracting(own).sorted() where section.has(key) {
      problems.error(
        section.keyNode(key), "'\(key)' has no meaning for a window of type \(type.rawValue)", hint: "remove it")
      return nil
    }
    switch type {
    case .tumbling: return needed("length", section).map { .tumbling(length: $0) }
    case .sliding: return needed("length", section).map { .sliding(length: $0) }
    case .hopping:
      guard let length = needed("length", section), let every = needed("every", section) else { return nil }
      return .hopping(length: length, every: every)
    case .session:
      guard let timeout = needed("timeout", section) else { return nil }
      let longest = section.duration("longest", Self.windowTimes, &problems)
      return .session(timeout: timeout, longest: longest ?? WindowShape.defaultLongestSession)
    case .count:
      guard section.require("count", example: "100", &problems),
        let count = section.integer("count", 1...WindowSpecification.maximumPoints, &problems)
      else { return nil }
      guard section.has("every") else { return .count(samples: count, every: count) }
      return section.integer("every", 1...count, &problems).map { .count(samples: count, every: $0) }
    }
  }

  private mutating func needed(_ key: String, _ section: Section) -> Duration? {
    guard section.require(key, example: "10min", &problems) else { return nil }
    return section.duration(key, Self.windowTimes, &problems)
  }

  private mutating func windowFunction(_ section: Section) -> WindowFunction? {
    let plain: [WindowFunction] = [
      .mean, .timeWeightedMean, .minimum, .maximum, .sum, .count, .standardDeviation, .populationDeviation, .median,
      .first, .last, .difference, .increase,
    ]
    let known =
      plain.map { ($0.name, $0) } + [
        ("percentile", .percentile(0)), ("rate", .rate(per: .hour)), ("integral", .integral(per: .hour)),
        ("time-in-state", .timeInState(.above(0))),
      ]
    guard section.require("function", example: "mean", &problems),
      let function = section.choice("function", known, &problems)
    else { return nil }
    let own = Self.functionKeys[function.name]
    for key in Set(Self.functionKeys.values).sorted() where section.has(key) && key != own {
      problems.error(
        section.keyNode(key), "'\(key)' has no meaning for the function \(function.name)", hint: "remove it")
      return nil
    }
    switch function {
    case .percentile:
      guard section.require("percent", example: "95", &problems) else { return nil }
      return section.decimal("percent", &problems).map { .percentile($0.doubleValue) }
    case .rate, .integral:
      let bases = TimeBase.allCases.map { ($0.rawValue, $0) }
      guard section.require("per", example: "hour", &problems),
        let base = section.choice("per", bases, &problems)
      else { return nil }
      if case .rate = function { return .rate(per: base) }
      return .integral(per: base)
    case .timeInState:
      guard section.require("state", example: "{ above: 0 }", &problems) else { return nil }
      return condition("state", section).map { .timeInState($0) }
    default: return function
    }
  }

  /// `{ above: 5 }`; nil when it is absent or wrong.
  private mutating func condition(_ key: String, _ section: Section) -> SampleCondition? {
    let keys = ["above", "below", "equals", "differs"]
    guard let node = section.value(key),
      let inner = Section(node, "'\(key)' of \(section.title)", keys: keys, &problems)
    else { return nil }
    let given = keys.filter(inner.has)
    guard given.count == 1 else {
      problems.error(
        node, "'\(key)' of \(section.title) needs one of above, below, equals, differs",
        hint: "for example: \(key): { above: 5 }")
      return nil
    }
    let bound: Double?
    switch inner.value(given[0])?.content {
    case .scalar("true", false): bound = 1
    case .scalar("false", false): bound = 0
    default: bound = inner.decimal(given[0], &problems)?.doubleValue
    }
    guard let bound else { return nil }
    switch given[0] {
    case "above": return .above(bound)
    case "below": return .below(bound)
    case "equals": return .equals(bound)
    default: return .differs(bound)
    }
  }

  // MARK: With the tags that it is over

  /// Nil when something is wrong, which is reported.
  mutating func windowTagSettings(
    _ tag: ReadComputedTag, _ specification: WindowSpecification, _ names: [TagName], _ window: Section,
    _ directory: TagDirectory
  ) -> TagSettings? {
    guard let definitions = definitions(names, window, directory) else { return nil }
    let units = Set(definitions.map(\.unit))
    let shared = units.count == 1 ? units.first ?? "" : ""
    if units.count > 1, !units.contains("") {
      problems.error(
        window.value("of") ?? window.node,
        "\(window.title) is over tags in \(units.sorted().joined(separator: " and "))",
        hint: "the tags of a window have one unit; convert some of them by an expression")
      return nil
    }
    let implied = specification.function.unit(of: shared)
    guard let unit = computedUnit(tag.section, .float64, implied: implied) else { return nil }
    if implied == shared, !shared.isEmpty, !unit.isEmpty, unit != shared, !(shared == "°C" && unit == "K") {
      problems.error(
        tag.section.value("unit") ?? tag.section.node,
        "'unit' of \(tag.section.title): its window is over a tag in \(shared), not \(unit)", hint: "correct it")
      return nil
    }
    return computedTagSettings(tag, .window(specification, of: names), type: .float64, unit: unit)
  }

  private mutating func definitions(
    _ names: [TagName], _ window: Section, _ directory: TagDirectory
  ) -> [TagDefinition]? {
    var definitions: [TagDefinition] = []
    let node = window.value("of") ?? window.node
    for name in names {
      switch directory[name] {
      case .tag(let definition) where definition.type == .text:
        problems.error(
          node, "\(window.title) is over '\(name)', which is a text", hint: "windows compute with numbers and bools")
        return nil
      case .tag(let definition): definitions.append(definition)
      case .unusable: return nil
      case .noDevice:
        problems.error(
          node, "\(window.title) is over device '\(name.device)', which does not exist",
          hint: ProblemList.suggestion(for: name.device, among: directory.deviceNames, what: "devices"))
        return nil
      case .noTag:
        problems.error(
          node, "\(window.title) is over tag '\(name.tag)', which device '\(name.device)' does not have",
          hint: ProblemList.suggestion(for: name.tag, among: directory.tagNames(of: name.device), what: "tags"))
        return nil
      }
    }
    return definitions
  }
}
