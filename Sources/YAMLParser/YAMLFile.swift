import CFYAML
public import GatewayConfiguration

/// YAML 1.2 text to a tree, through libfyaml.
public enum YAMLFile {
  public static let maximumBytes = 4 << 20

  /// - Throws: the first thing that is no YAML, or that a configuration must not hold.
  public static func parse(_ bytes: [UInt8]) throws(Diagnostic) -> YAMLNode {
    try checkText(bytes)
    var settings = fy_diag_cfg()
    fy_diag_cfg_default(&settings)
    settings.fp = nil
    guard let diagnostics = fy_diag_create(&settings) else { throw outOfMemory }
    defer { fy_diag_destroy(diagnostics) }
    fy_diag_set_collect_errors(diagnostics, true)
    var configuration = fy_parse_cfg()
    configuration.flags = fy_parse_cfg_flags(rawValue: FYPCF_QUIET.rawValue | FYPCF_COLLECT_DIAG.rawValue)
    configuration.diag = diagnostics
    guard let parser = fy_parser_create(&configuration) else { throw outOfMemory }
    defer { fy_parser_destroy(parser) }
    return try bytes.withUnsafeBufferPointer { buffer throws(Diagnostic) -> YAMLNode in
      try buffer.withMemoryRebound(to: CChar.self) { text throws(Diagnostic) -> YAMLNode in
        guard fy_parser_set_string(parser, text.baseAddress, text.count) == 0 else { throw outOfMemory }
        return try tree(parser, diagnostics, buffer)
      }
    }
  }

  private static var outOfMemory: Diagnostic { Diagnostic(.error, at: nil, "libfyaml has no memory") }

  private static func tree(
    _ parser: OpaquePointer, _ diagnostics: OpaquePointer, _ source: UnsafeBufferPointer<UInt8>
  ) throws(Diagnostic) -> YAMLNode {
    var builder = YAMLTreeBuilder(source: source)
    while let event = fy_parser_parse(parser) {
      defer { fy_parser_event_free(parser, event) }
      try builder.take(event)
    }
    if fy_parser_get_stream_error(parser) || fy_diag_got_error(diagnostics) { throw firstError(diagnostics) }
    guard let root = builder.root, root.content != .scalar("", isQuoted: false) else {
      throw Diagnostic(
        .error, at: nil, "the file is empty",
        hint: "start from the example gateway.yaml: /usr/share/doc/fieldgate/examples where it is installed, else etc")
    }
    return root
  }

  private static func firstError(_ diagnostics: OpaquePointer) -> Diagnostic {
    var cursor: UnsafeMutableRawPointer?
    guard let error = fy_diag_errors_iterate(diagnostics, &cursor)?.pointee else {
      return Diagnostic(.error, at: nil, "this is not YAML")
    }
    let position = FilePosition(line: max(1, Int(error.line)), column: max(1, Int(error.column)))
    let text = error.msg.map { String(cString: $0) } ?? "not YAML"
    return Diagnostic(.error, at: position, "this is not YAML: \(text)", hint: advice(text))
  }

  private static func advice(_ text: String) -> String {
    if text.contains("tab") { return "indent with spaces" }
    // Lines without a colon are one plain text to YAML, which goes on until something ends it.
    if text.contains("plain key") || text.contains("expected ':'") {
      return "is there a ': ' missing here or in a line above? An entry is written as key: value"
    }
    return "look at indentation, brackets and quotes here and in the line above"
  }

  /// UTF-8 without zero bytes; the first byte that is not is named by line and column, in characters.
  private static func checkText(_ bytes: [UInt8]) throws(Diagnostic) {
    guard bytes.count <= maximumBytes else {
      throw Diagnostic(.error, at: nil, "the file has \(bytes.count) bytes", hint: "allowed: \(maximumBytes)")
    }
    guard String(validating: bytes, as: UTF8.self) == nil || bytes.contains(0) else { return }
    var line = 1
    for row in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let start = Array(row.prefix { $0 != 0 })
      let good = validCharacters(start)
      let position = FilePosition(line: line, column: good + 1)
      if String(validating: start, as: UTF8.self) == nil {
        throw Diagnostic(
          .error, at: position, "this is not UTF-8 text",
          hint: "save the file as UTF-8; signs like ° are one byte in other encodings")
      }
      if start.count < row.count {
        throw Diagnostic(
          .error, at: position, "there is a zero byte, which no text has",
          hint: "the file is damaged, or saved as UTF-16: save it as UTF-8")
      }
      line += 1
    }
  }

  /// Characters before the first byte that is not UTF-8.
  private static func validCharacters(_ bytes: [UInt8]) -> Int {
    var decoder = UTF8()
    var source = bytes.makeIterator()
    var count = 0
    while case .scalarValue = decoder.decode(&source) { count += 1 }
    return count
  }
}
