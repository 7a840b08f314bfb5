/// The lines of a table with `timestamp` and `value` among its columns, as spreadsheets and loggers write it: comma,
/// semicolon or tab between columns, texts perhaps in double quotes.
struct ReplayTable {
  /// One row: its two columns as they were written.
  struct Row: Equatable {
    var timestamp: String
    var value: String
    /// It has more columns than the first line, so nobody knows which of them is meant. A decimal comma does that.
    var isTooLong = false
  }

  struct Mistake: Error, CustomStringConvertible {
    var description: String
  }

  static let maximumLineBytes = 1 << 20

  private let separator: UInt8
  private let timestamp: Int
  private let value: Int
  private let columns: Int

  /// - Parameter header: the first line.
  init(header: [UInt8]) throws(Mistake) {
    var line = header[...]
    // Some programs begin a file with the mark of UTF-8.
    if line.starts(with: [0xef, 0xbb, 0xbf]) { line = line.dropFirst(3) }
    separator = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")].first { line.contains($0) } ?? 44
    let names = Self.fields(line, separator).map { $0.lowercased() }
    guard let timestamp = names.firstIndex(of: "timestamp"), let value = names.firstIndex(of: "value") else {
      throw Mistake(
        description: "the first line must name the columns timestamp and value; it is: "
          + String(decoding: line.prefix(200), as: UTF8.self))
    }
    self.timestamp = timestamp
    self.value = value
    columns = names.count
  }

  /// Nil when the line is empty.
  func row(_ line: ArraySlice<UInt8>) -> Row? {
    guard line.contains(where: { $0 > 0x20 }) else { return nil }
    let fields = Self.fields(line, separator)
    func field(_ index: Int) -> String { index < fields.count ? fields[index] : "" }
    return Row(
      timestamp: field(timestamp), value: field(value),
      isTooLong: fields.dropFirst(columns).contains { !$0.isEmpty })
  }

  /// A number, or true or false as 1 or 0; nil for anything else.
  static func number(_ text: String) -> Double? {
    switch text {
    case "": nil
    case "true": 1
    case "false": 0
    default: Double(text)
    }
  }

  private static func fields(_ line: ArraySlice<UInt8>, _ separator: UInt8) -> [String] {
    var fields: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var rest = line
    if rest.last == 13 { rest.removeLast() }
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\"") where isQuoted && rest.first == UInt8(ascii: "\""):
        field.append(byte)
        rest.removeFirst()
      case UInt8(ascii: "\""): isQuoted.toggle()
      case separator where !isQuoted:
        fields.append(trimmed(field))
        field.removeAll(keepingCapacity: true)
      default: field.append(byte)
      }
    }
    fields.append(trimmed(field))
    return fields
  }

  private static func trimmed(_ field: [UInt8]) -> String {
    var text = field[...]
    while text.first == 0x20 { text.removeFirst() }
    while text.last == 0x20 { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }
}
