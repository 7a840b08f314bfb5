import Telemetry

/// Gathers every problem of a file, so that a technician corrects them all in one go.
struct ProblemList {
  /// More than anyone reads; what is beyond is counted.
  static let maximum = 100

  private var found: [Diagnostic] = []
  private(set) var hasErrors = false

  mutating func error(_ node: YAMLNode, _ message: String, hint: String = "") {
    hasErrors = true
    let problem = Diagnostic(.error, at: node.position, message, hint: hint)
    // What is read once a tag, such as a rule on a pattern, has the same mistake each time.
    if found.last != problem { found.append(problem) }
  }

  mutating func warning(_ node: YAMLNode, _ message: String, hint: String = "") {
    found.append(Diagnostic(.warning, at: node.position, message, hint: hint))
  }

  /// A problem of another file.
  mutating func add(_ problem: Diagnostic) {
    if problem.severity == .error { hasErrors = true }
    found.append(problem)
  }

  /// In the order of the file.
  var diagnostics: [Diagnostic] {
    let ordered = found.enumerated().sorted {
      let left = $0.element.position ?? FilePosition(line: 0, column: 0)
      let right = $1.element.position ?? FilePosition(line: 0, column: 0)
      return left == right ? $0.offset < $1.offset : left < right
    }.map(\.element)
    guard ordered.count > Self.maximum else { return ordered }
    let rest = ordered.count - Self.maximum
    return ordered.prefix(Self.maximum) + [
      Diagnostic(hasErrors ? .error : .warning, at: nil, "and \(rest) more problems")
    ]
  }

  /// `did you mean 'x'?`, or all that is known when nothing is near.
  static func suggestion(for word: String, among known: [String], what: String) -> String {
    if let nearest = EditDistance.nearest(to: word, among: known) { return "did you mean '\(nearest)'?" }
    guard !known.isEmpty else { return "there are no \(what) yet" }
    return "known \(what): \(known.prefix(24).joined(separator: ", "))\(known.count > 24 ? " …" : "")"
  }
}
