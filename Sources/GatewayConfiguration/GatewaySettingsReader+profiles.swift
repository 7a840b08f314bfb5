import Telemetry

/// Devices that get their tags from a profile (`docs/profiles.md`).
extension GatewaySettingsReader {
  static let profileKeys = ["profile", "title", "source", "notes", "defaults", "tags"]

  /// The nodes of all tags of a device: those of its profile, as far as it has one, each with what the device's own entry
  /// of the same name says instead, then the device's others.
  mutating func tagNodes(_ section: Section, own: [YAMLNode]) -> [YAMLNode] {
    guard section.has("profile") else {
      if section.has("profile-offset") {
        problems.error(section.keyNode("profile-offset"), "\(section.title) has a 'profile-offset', but no profile")
      }
      return own
    }
    let offset = section.integer("profile-offset", -65_535...65_535, &problems) ?? 0
    guard let name = section.text("profile", &problems), let place = section.value("profile"),
      let given = profile(name, at: place)
    else { return own }
    var rest = own
    var nodes: [YAMLNode] = []
    for node in given {
      let moved = node.moved(to: place.position, addresses: Self.tables.map(\.0), by: offset)
      if let index = rest.firstIndex(where: { $0.member("name")?.content == moved.member("name")?.content }) {
        let instead = rest.remove(at: index)
        // What the profile says stands where the device's own entry does, so that errors point there.
        nodes.append(moved.moved(to: instead.position).overridden(by: instead))
      } else {
        nodes.append(moved)
      }
    }
    return nodes + rest
  }

  /// The tags of a profile with its defaults; nil, with every problem of its file reported, when it is not sound.
  private mutating func profile(_ name: String, at place: YAMLNode) -> [YAMLNode]? {
    if let known = knownProfiles[name] { return known }
    guard let file = profiles.load(name) else {
      problems.error(
        place, "there is no profile '\(name)'",
        hint: ProblemList.suggestion(for: name, among: profiles.names, what: "profiles")
          + "; see: fieldgate profile list")
      return nil
    }
    let (profile, diagnostics) = Self.readProfile(file)
    for diagnostic in diagnostics { problems.add(diagnostic) }
    if profile == nil {
      problems.error(place, "profile '\(name)' has errors", hint: "they stand in \(file.path)")
    }
    knownProfiles[name] = profile?.tagNodes
    return profile?.tagNodes
  }

  /// Reads a profile alone; problems carry its path.
  public static func readProfile(_ file: ProfileShelf.File) -> (profile: DeviceProfile?, diagnostics: [Diagnostic]) {
    var reader = GatewaySettingsReader()
    let root: YAMLNode
    switch file.root {
    case .success(let node): root = node
    case .failure(var diagnostic):
      diagnostic.file = file.path
      return (nil, [diagnostic])
    }
    let profile = reader.deviceProfile(root)
    let diagnostics = reader.problems.diagnostics.map { problem in
      var problem = problem
      problem.file = file.path
      return problem
    }
    return (reader.problems.hasErrors ? nil : profile, diagnostics)
  }

  private mutating func deviceProfile(_ root: YAMLNode) -> DeviceProfile? {
    guard let section = Section(root, "the profile", keys: Self.profileKeys, &problems) else { return nil }
    let name = section.name("profile", example: "acme-meter", &problems)
    guard section.require("title", example: "Acme 100 energy meter", &problems),
      section.require("source", example: "Acme 100 Modbus protocol, version 1.2", &problems),
      section.require("tags", example: "[ { name: power, input: 52, type: float32 } ]", &problems),
      let title = section.text("title", &problems), let source = section.text("source", &problems)
    else { return nil }
    let notes = section.text("notes", &problems) ?? ""
    let example = "{ name: power, input: 52, type: float32 }"
    let items = section.list("tags", limit: Self.maximumTagsPerDevice, example: example, &problems)
    let defaults = section.value("defaults").map { $0.moved(to: $0.position) }
    let nodes = items.map { item in defaults.map { $0.overridden(by: item) } ?? item }
    var names: [String] = []
    let tags = nodes.compactMap { tag($0, of: "the profile", PublishingSettings(), &names) }
    checkScaleFactors(tags, section)
    guard let name, tags.count == nodes.count, !tags.isEmpty else { return nil }
    return DeviceProfile(name: name, title: title, source: source, notes: notes, tags: tags, tagNodes: nodes)
  }
}
