import GatewayConfiguration
import JSONText
import Telemetry
import YAMLParser

/// `fieldgate profile`: what kinds of devices are known, without a daemon.
public enum ProfileCommands {
  /// One line a profile, or one JSON object.
  public static func list(json: Bool, output: (String) -> Void) {
    let shelf = ProfileFolders.shelf()
    let profiles = shelf.names.compactMap { name in
      shelf.load(name).map { (name, $0.path, GatewaySettingsReader.readProfile($0).profile) }
    }
    guard json else {
      if profiles.isEmpty { output("no profiles in \(ProfileFolders.usual.joined(separator: " and "))") }
      let width = profiles.map(\.0.count).max() ?? 0
      for (name, path, profile) in profiles {
        let fill = String(repeating: " ", count: width - name.count)
        output("\(name)\(fill)  \(profile?.title ?? "has errors: \(path)")")
      }
      return
    }
    output(
      JSONWriter.text { json in
        json.object { json in
          json.array("profiles") { json in
            for (name, path, profile) in profiles {
              json.object { json in
                json.member("name", name)
                json.member("file", path)
                json.member("title", ifPresent: profile?.title)
                json.member("tags", ifPresent: profile?.tags.count)
              }
            }
          }
        }
      })
  }

  /// A profile's tags, source and notes.
  ///
  /// - Parameter problem: gets what is wrong, a line each.
  /// - Returns: false when there is none of this name, or it has errors.
  public static func show(
    _ name: String, json: Bool, output: (String) -> Void, problem: (String) -> Void
  ) -> Bool {
    let shelf = ProfileFolders.shelf()
    guard let file = shelf.load(name) else {
      let hint = EditDistance.nearest(to: name, among: shelf.names).map { "did you mean '\($0)'?" }
      problem("there is no profile '\(name)'; \(hint ?? "see: fieldgate profile list")")
      return false
    }
    let (profile, diagnostics) = GatewaySettingsReader.readProfile(file)
    for diagnostic in diagnostics { problem(diagnostic.rendered(file: file.path)) }
    guard let profile else { return false }
    json ? output(text(profile, file.path)) : describe(profile, file.path, output)
    return true
  }

  private static func describe(_ profile: DeviceProfile, _ path: String, _ output: (String) -> Void) {
    output("\(profile.name): \(profile.title)")
    output("file: \(path)")
    output("source: \(profile.source)")
    if !profile.notes.isEmpty { output("notes: \(profile.notes)") }
    for tag in profile.tags {
      guard let point = tag.point else { continue }
      let unit = tag.definition.unit.isEmpty ? "" : "  \(tag.definition.unit)"
      output("  \(point.table.name) \(point.address)  \(tag.definition.name)  \(point.type.rawValue)\(unit)")
    }
  }

  private static func text(_ profile: DeviceProfile, _ path: String) -> String {
    JSONWriter.text { json in
      json.object { json in
        json.member("name", profile.name)
        json.member("file", path)
        json.member("title", profile.title)
        json.member("source", profile.source)
        json.member("notes", profile.notes)
        json.array("tags") { json in
          for tag in profile.tags {
            json.object { json in
              json.member("name", tag.definition.name)
              json.member("table", ifPresent: tag.point?.table.name)
              json.member("address", ifPresent: tag.point?.address)
              json.member("type", ifPresent: tag.point?.type.rawValue)
              json.member("unit", tag.definition.unit)
            }
          }
        }
      }
    }
  }

  /// Prints the profile made of a register list, or every mistake with its line.
  ///
  /// - Returns: false when there were mistakes.
  public static func fromCSV(
    path: String, name: String, title: String, source: String, output: (String) -> Void, problem: (String) -> Void
  ) -> Bool {
    let text: String
    switch ConfigurationFile.text(path: path) {
    case .success(let read): text = read
    case .failure(let diagnostic):
      problem(diagnostic.rendered(file: path))
      return false
    }
    let table = RegisterTableFile(text, name: name, title: title, source: source)
    var problems = table.problems
    if problems.isEmpty {
      let tree = Result { () throws(Diagnostic) in try YAMLFile.parse(Array(table.profile.utf8)) }
      problems = GatewaySettingsReader.readProfile(ProfileShelf.File(path: path, root: tree)).diagnostics.map { found in
        var problem = found
        let line = found.position.flatMap { table.lines[$0.line] }
        problem.position = line.map { FilePosition(line: $0, column: 1) }
        return problem
      }
    }
    for found in problems { problem(found.rendered(file: path)) }
    guard problems.isEmpty else { return false }
    output(table.profile)
    return true
  }
}
