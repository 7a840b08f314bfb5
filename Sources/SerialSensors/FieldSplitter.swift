/// Cuts lines of columns and of pairs.
enum FieldSplitter {
  /// Most columns or pairs of a line.
  static let maximumCount = 512

  /// Columns of a line, quotes taken off (RFC 4180: a quote within quotes is doubled). Nil when a quote does not end or
  /// there are too many.
  static func columns(_ line: [UInt8], separator: UInt8) -> [[UInt8]]? {
    guard separator != 0x20 else { return words(line) { $0 == 0x20 || $0 == 0x09 } }
    let quote = UInt8(ascii: "\"")
    var columns: [[UInt8]] = []
    var column: [UInt8] = []
    var isQuoted = false
    var index = 0
    while index < line.count {
      let byte = line[index]
      index += 1
      if isQuoted {
        if byte != quote {
          column.append(byte)
        } else if index < line.count, line[index] == quote {
          column.append(quote)
          index += 1
        } else {
          isQuoted = false
        }
      } else if byte == quote, column.allSatisfy({ $0 == 0x20 }) {
        isQuoted = true
        column = []
      } else if byte == separator {
        columns.append(column)
        column = []
        guard columns.count < maximumCount else { return nil }
      } else {
        column.append(byte)
      }
    }
    return isQuoted ? nil : columns + [column]
  }

  static func words(_ line: [UInt8], isSeparator: (UInt8) -> Bool) -> [[UInt8]]? {
    let words = line.split(maxSplits: maximumCount, omittingEmptySubsequences: true, whereSeparator: isSeparator)
    return words.count > maximumCount ? nil : words.map(Array.init)
  }

  /// Pairs of a line. Parts without an assignment are passed over: units, for example.
  static func pairs(_ line: [UInt8], _ layout: KeyValueLayout) -> [(key: [UInt8], value: [UInt8])]? {
    let parts: [[UInt8]]?
    if let separator = layout.separator {
      parts = words(line) { $0 == separator }
    } else {
      parts = words(line) { [0x20, 0x09, 0x2c, 0x3b, 0x26].contains($0) }
    }
    guard let parts else { return nil }
    var pairs: [(key: [UInt8], value: [UInt8])] = []
    for part in parts {
      let isAssignment: (UInt8) -> Bool = { byte in
        layout.assignment.map { $0 == byte } ?? (byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":"))
      }
      guard let place = part.firstIndex(where: isAssignment), place > 0 else { continue }
      pairs.append((FieldDecoder.trim(part[..<place]), FieldDecoder.trim(part[(place + 1)...])))
    }
    return pairs
  }
}
