import Telemetry

/// A maker's register list as CSV, to be turned into a profile.
///
/// The first line names the columns, in any order: `name` and `address` are needed; `table` (holding, which is the
/// default, input, coil, discrete), and every other key of a tag may follow, such as `type`, `order`, `scale`, `unit`.
/// Columns are separated by commas or semicolons; a field may stand in double quotes.
public struct RegisterTableFile: Sendable {
  public static let maximumRows = GatewaySettingsReader.maximumTagsPerDevice

  /// The profile's text.
  public private(set) var profile = ""
  /// Mistakes of the list itself, with its lines; the tags are checked when the profile is read.
  public private(set) var problems: [Diagnostic] = []
  /// By line of `profile`: the line of the list that it was made of.
  public private(set) var lines: [Int: Int] = [:]

  public init(_ text: String, name: String, title: String, source: String) {
    var header: [String]?
    var output = [
      "profile: \(name)", "title: \(Self.quoted(title))", "source: \(Self.quoted(source))", "tags:",
    ]
    // A line end of two characters, as spreadsheets write it, is one letter to Swift.
    for (index, row) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard row.contains(where: { $0 != " " && $0 != "," && $0 != ";" }) else { continue }
      let fields = Self.fields(row)
      guard let columns = header else {
        header = fields.map { $0.lowercased() }
        checkHeader(header ?? [], line: index + 1)
        if !problems.isEmpty { return }
        continue
      }
      guard fields.count <= columns.count else {
        report(index + 1, "\(fields.count) fields, and the first line names \(columns.count) columns")
        continue
      }
      guard output.count < Self.maximumRows + 4 else {
        report(index + 1, "more than \(Self.maximumRows) rows")
        return
      }
      output.append("  - { \(Self.members(columns, fields)) }")
      lines[output.count] = index + 1
    }
    if header == nil { report(1, "the list is empty") }
    profile = output.joined(separator: "\n") + "\n"
  }

  private mutating func report(_ line: Int, _ message: String, hint: String = "") {
    problems.append(Diagnostic(.error, at: FilePosition(line: line, column: 1), message, hint: hint))
  }

  private mutating func checkHeader(_ columns: [String], line: Int) {
    let known = ["address", "table"] + GatewaySettingsReader.tagKeys
    for column in columns where !known.contains(column) {
      report(
        line, "unknown column '\(column)'",
        hint: ProblemList.suggestion(for: column, among: known, what: "columns"))
    }
    for column in ["name", "address"] where !columns.contains(column) {
      report(
        line, "there is no column '\(column)'", hint: "the first line names the columns, for example: name,address,type"
      )
    }
  }

  private static func members(_ columns: [String], _ fields: [String]) -> String {
    let row = Dictionary(zip(columns, fields)) { first, _ in first }
    var members = ["name: \(quoted(row["name"] ?? ""))"]
    let table = row["table"].flatMap { $0.isEmpty ? nil : $0 } ?? "holding"
    members.append("\(quoted(table)): \(plain(row["address"] ?? ""))")
    for column in columns where !["name", "address", "table"].contains(column) {
      guard let value = row[column], !value.isEmpty else { continue }
      members.append("\(column): \(column == "unit" ? quoted(value) : plain(value))")
    }
    return members.joined(separator: ", ")
  }

  /// Numbers and words as they are, anything else quoted.
  private static func plain(_ text: String) -> String {
    text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-._[]{}: ".contains($0)) } ? text : quoted(text)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
      if character == "\"" || character == "\\" { result.append("\\") }
      result.append(character)
    }
    return result + "\""
  }

  private static func fields(_ row: Substring) -> [String] {
    let separator: Character = row.contains(";") ? ";" : ","
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    for character in row {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == separator, !isQuoted {
        fields.append(trimmed(field))
        field = ""
      } else {
        field.append(character)
      }
    }
    return fields + [trimmed(field)]
  }

  private static func trimmed(_ text: String) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
