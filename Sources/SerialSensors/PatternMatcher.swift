import CPCRE2

/// A compiled regular expression and the numbers of its named groups.
///
/// Every match is bounded in steps and memory, so that no pattern and no line holds up the bus for longer than some
/// milliseconds: PCRE2 otherwise tries ten million steps.
public final class PatternMatcher: @unchecked Sendable {  // matching leaves compiled code as it is (pcre2api)
  public enum Result: Hashable, Sendable {
    /// The range of each group; nil for a group that took no part.
    case matched([Range<Int>?])
    case different
    /// The bounds were reached before it was known.
    case tooCostly
  }

  public static let maximumPatternLength = 2_048
  /// Calls of the matching function (pcre2_set_match_limit).
  static let stepLimit: UInt32 = 100_000
  /// KiB (pcre2_set_heap_limit).
  static let memoryLimit: UInt32 = 1_024

  private let code: OpaquePointer
  private let context: OpaquePointer
  /// Numbers of the groups, by name.
  public let groups: [String: Int]

  /// - Throws: what PCRE2 says of the pattern, and at which character.
  public init(_ pattern: String) throws(FormatError) {
    let bytes = Array(pattern.utf8)
    guard bytes.count <= Self.maximumPatternLength else {
      throw FormatError("has \(bytes.count) bytes", hint: "allowed: at most \(Self.maximumPatternLength)")
    }
    var number: Int32 = 0
    var place = 0
    // Bytes, not UTF-8: sensors send what they like, and a wrong byte must not spoil the rest of its line.
    let options = UInt32(PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF | PCRE2_DOLLAR_ENDONLY)
    guard let code = pcre2_compile_8(bytes, bytes.count, options, &number, &place, nil) else {
      throw FormatError("is no regular expression: \(Self.text(number)) at character \(place + 1)")
    }
    guard let context = pcre2_match_context_create_8(nil) else {
      pcre2_code_free_8(code)
      throw FormatError("cannot be compiled: out of memory")
    }
    pcre2_set_match_limit_8(context, Self.stepLimit)
    pcre2_set_heap_limit_8(context, Self.memoryLimit)
    self.code = code
    self.context = context
    groups = Self.names(code)
  }

  deinit {
    pcre2_match_context_free_8(context)
    pcre2_code_free_8(code)
  }

  public func match(_ line: [UInt8]) -> Result {
    guard let data = pcre2_match_data_create_from_pattern_8(code, nil) else { return .tooCostly }
    defer { pcre2_match_data_free_8(data) }
    let count = pcre2_match_8(code, line, line.count, 0, 0, data, context)
    guard count >= 0 else { return count == PCRE2_ERROR_NOMATCH ? .different : .tooCostly }
    guard let offsets = pcre2_get_ovector_pointer_8(data) else { return .different }
    return .matched(
      (0..<Int(pcre2_get_ovector_count_8(data))).map { group in
        let (start, end) = (offsets[2 * group], offsets[2 * group + 1])
        // PCRE2_UNSET is -1 here. A look-behind with \K can put the start behind the end.
        guard start >= 0, start <= end, end <= line.count else { return nil }
        return start..<end
      })
  }

  private static func text(_ code: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = pcre2_get_error_message_8(code, &buffer, buffer.count)
    return count < 0 ? "error \(code)" : String(decoding: buffer[..<Int(count)], as: UTF8.self)
  }

  /// The table of pcre2_pattern_info(3): in each entry two bytes for the number, then the name and a zero.
  private static func names(_ code: OpaquePointer) -> [String: Int] {
    var count: UInt32 = 0
    var size: UInt32 = 0
    var table: UnsafePointer<UInt8>?
    pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &count)
    pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &size)
    pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
    guard let table else { return [:] }
    var groups: [String: Int] = [:]
    for index in 0..<Int(count) {
      let entry = UnsafeBufferPointer(start: table + index * Int(size), count: Int(size))
      let name = String(decoding: entry.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self)
      groups[name] = Int(entry[0]) << 8 | Int(entry[1])
    }
    return groups
  }
}
