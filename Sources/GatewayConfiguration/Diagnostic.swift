public import JSONText

/// One problem of a configuration file.
public struct Diagnostic: Error, Hashable, Sendable {
  public enum Severity: String, Sendable {
    /// The daemon does not start with it.
    case error
    /// The daemon starts; something will not be as the file suggests.
    case warning
  }

  public var severity: Severity
  /// Path of the file that is meant when it is not the one that was asked about: a profile.
  public var file: String?
  /// Nil when the whole file is meant.
  public var position: FilePosition?
  /// What is wrong, and with which name or value.
  public var message: String
  /// What to write instead; empty when there is nothing to suggest.
  public var hint: String

  public init(_ severity: Severity, at position: FilePosition?, _ message: String, hint: String = "") {
    self.severity = severity
    self.position = position
    self.message = message
    self.hint = hint
  }

  /// `gateway.yaml:12:5: error: unknown key 'buad'; did you mean 'baud'?`, the form that editors jump to.
  public func rendered(file: String) -> String {
    let file = self.file ?? file
    let place = position.map { "\(file):\($0.line):\($0.column)" } ?? file
    return "\(place): \(severity.rawValue): \(message)\(hint.isEmpty ? "" : "; \(hint)")"
  }

  public func write(to json: inout JSONWriter, file: String) {
    json.object { json in
      json.member("severity", severity.rawValue)
      json.member("file", self.file ?? file)
      json.member("line", ifPresent: position?.line)
      json.member("column", ifPresent: position?.column)
      json.member("message", message)
      json.member("hint", ifPresent: hint.isEmpty ? nil : hint)
    }
  }
}
