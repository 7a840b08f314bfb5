import TagExpressions
import Telemetry

/// Tags of computed devices.
extension GatewaySettingsReader {
  static let computedTagKeys =
    ["name", "expression", "window", "unit", "decimals", "deadband", "names"] + presentationKeys

  /// Nil, with the problem reported, when it has no name.
  mutating func computedTag(
    _ node: YAMLNode, of title: String, in device: String, _ publishing: PublishingSettings
  ) -> ReadComputedTag? {
    guard var section = Section(node, "a tag of \(title)", keys: Self.computedTagKeys, &problems),
      let name = section.name("name", example: "delta_t", &problems)
    else { return nil }
    section.title = "tag '\(name)' of \(title)"
    claim(name, "tags", of: title, at: section.value("name") ?? node)
    let tag = ReadComputedTag(name: TagName(device: device, tag: name), section: section, publishing: publishing)
    return withSource(tag)
  }

  private mutating func withSource(_ tag: ReadComputedTag) -> ReadComputedTag {
    var tag = tag
    let section = tag.section
    if section.has("window"), let node = section.value("window") {
      guard !section.has("expression") else {
        problems.error(
          section.keyNode("window"), "\(section.title) has both 'expression' and 'window'",
          hint: "make two tags of it: a window can be over a computed tag, and an expression over a window")
        return tag
      }
      tag.source = window(node, of: section.title, in: tag.name.device)
      return tag
    }
    guard section.has("expression") || section.has("window") else {
      problems.error(
        section.node, "\(section.title) has neither 'expression' nor 'window'",
        hint: "for example: expression: \"boiler/supply - boiler/return\"")
      return tag
    }
    guard let text = section.text("expression", &problems), let node = section.value("expression") else { return tag }
    do throws(ExpressionError) {
      tag.source = .expression(try ParsedExpression(text, in: tag.name.device), node)
    } catch {
      report(error, of: section, at: node)
    }
    return tag
  }

  private mutating func report(_ error: ExpressionError, of section: Section, at node: YAMLNode) {
    guard !error.isConsequence else { return }
    var place = node
    place.position = node.position(ofByte: error.offset)
    problems.error(place, "'expression' of \(section.title): \(error.message)", hint: error.hint)
  }

  /// Settings of a tag whose inputs are all known; nil when something is wrong, which is reported.
  mutating func computedTagSettings(_ tag: ReadComputedTag, _ directory: TagDirectory) -> TagSettings? {
    if case .window(let specification, let tags, let section)? = tag.source {
      return windowTagSettings(tag, specification, tags, section, directory)
    }
    guard case .expression(let parsed, let node)? = tag.source else { return nil }
    let program: ExpressionProgram
    do throws(ExpressionError) {
      program = try ExpressionProgram(parsed, tags: directory)
    } catch {
      report(error, of: tag.section, at: node)
      return nil
    }
    let type: ValueType = program.type == .truth ? .boolean : .float64
    guard let unit = computedUnit(tag.section, type, implied: program.impliedUnit) else { return nil }
    if let objection = program.objection(toUnit: unit) {
      problems.error(
        tag.section.value("unit") ?? node, "'unit' of \(tag.section.title): \(objection)",
        hint: "correct it, or say what the expression gives: as(…, \"\(unit)\")")
      return nil
    }
    return computedTagSettings(tag, .expression(program), type: type, unit: unit)
  }

  /// Nil when it is wrong.
  mutating func computedUnit(_ section: Section, _ type: ValueType, implied: String?) -> String? {
    for key in ["unit", "decimals"] where section.has(key) && type == .boolean {
      problems.error(
        section.keyNode(key), "\(section.title) is true or false and has no '\(key)'", hint: "remove it")
      return nil
    }
    return section.has("unit") ? unitText(section) : implied ?? ""
  }

  mutating func computedTagSettings(
    _ tag: ReadComputedTag, _ calculation: ComputedPoint.Calculation, type: ValueType, unit: String
  ) -> TagSettings? {
    let section = tag.section
    let decimals = section.integer("decimals", 0...9, &problems)
    let alike = RegisterPoint(table: .holdingRegister, address: 0, type: type == .boolean ? .bool : .float64)
    let names = valueNames(section, alike)
    let deadband = deadband(section) ?? tag.publishing.deadband
    var settings = TagSettings(
      definition: TagDefinition(name: tag.name.tag, type: type, unit: unit, names: names),
      source: .computed(ComputedPoint(calculation, decimals: decimals)), deadband: deadband)
    settings.presentation = presentation(section, unit: unit, type: type, isWritable: false)
    return settings
  }
}
