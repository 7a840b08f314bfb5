import GatewayConfiguration
import JSONText

/// What came of a reload: the answer to `fieldgate reload`, and what SIGHUP logs.
struct ReloadReport: Sendable {
  /// Most problems of one file that are sent or logged; `fieldgate check` has all.
  static let sentProblems = 200
  static let loggedProblems = 5

  var file: String
  var isDryRun: Bool
  var diagnostics: [Diagnostic]
  /// Nil when the file is bad.
  var difference: SettingsDifference?
  var isApplied = false
  /// Why a good file was not applied.
  var failure: String?

  var isGood: Bool { difference != nil && failure == nil }

  /// For people, without the diagnostics.
  var lines: [String] {
    guard let difference else {
      let errors = diagnostics.count { $0.severity == .error }
      return ["\(file): \(errors) \(errors == 1 ? "error" : "errors"); nothing was changed"]
    }
    if let failure { return ["not applied: \(failure); nothing was changed"] }
    let last = difference.isEmpty ? "nothing differs" : isApplied ? "applied" : "a dry run: nothing was changed"
    return difference.lines + [last]
  }

  func write(to json: inout JSONWriter) {
    json.member("file", file)
    json.member("check", isDryRun)
    json.member("good", isGood)
    json.member("applied", isApplied)
    json.member("failure", ifPresent: failure)
    json.array("problems") { json in
      for diagnostic in diagnostics.prefix(Self.sentProblems) { diagnostic.write(to: &json, file: file) }
    }
    json.member("more_problems", max(0, diagnostics.count - Self.sentProblems))
    difference?.write(to: &json)
    json.array("lines") { json in for line in lines { json.string(line) } }
  }
}
