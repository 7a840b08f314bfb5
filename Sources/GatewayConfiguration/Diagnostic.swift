public import JSONText

public struct Diagnostic {
  public enum Severity: Sendable { case error, warning }
  public var severity: Severity
  public func rendered(file: String) -> String { "" }
  public func write(to json: inout JSONWriter, file: String) {}
}
