/// The daemon's answer to `reload`, as far as the command line shows it (`docs/formats/local-api.md`).
struct ReloadAnswer: Decodable {
  struct Problem: Decodable {
    var severity: String
    var file: String
    var line: Int?
    var column: Int?
    var message: String
    var hint: String?

    /// As `fieldgate check` prints it.
    var text: String {
      let place = line.map { "\(file):\($0):\(column ?? 1)" } ?? file
      return "\(place): \(severity): \(message)\(hint.map { "; \($0)" } ?? "")"
    }
  }

  var file: String
  var good: Bool
  var problems: [Problem]
  var moreProblems: Int
  var lines: [String]

  enum CodingKeys: String, CodingKey {
    case file, good, problems, lines
    case moreProblems = "more_problems"
  }

  var text: [String] {
    let more = moreProblems > 0 ? ["and \(moreProblems) more: fieldgate check \(file)"] : []
    return problems.map(\.text) + more + lines
  }
}
