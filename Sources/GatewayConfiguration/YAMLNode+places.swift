extension YAMLNode {
  /// Where a part of a scalar's text stands in the file.
  ///
  /// Of a text over several lines, the place is found by going along the text and the lines together: both have the same
  /// letters, and differ in blanks and escapes only. `position` of a quoted text is behind its quote.
  ///
  /// - Parameter offset: bytes of UTF-8 of the text before it.
  public func position(ofByte offset: Int) -> FilePosition {
    guard case .scalar(let text, _) = content else { return position }
    let before = String(decoding: text.utf8.prefix(offset), as: UTF8.self).unicodeScalars.count
    guard let written else {
      return FilePosition(line: position.line, column: position.column + before)
    }
    let scalars = Array(text.unicodeScalars)
    let isAtEnd = before >= scalars.count
    // The end of the text is just behind its last letter.
    var left = scalars.prefix(isAtEnd ? scalars.count : before + 1).count { !$0.properties.isWhitespace }
    var wanted = scalars.makeIterator()
    var next = Self.letter(&wanted)
    var place = position
    var found = position
    for scalar in written.unicodeScalars {
      if scalar == next {
        left -= 1
        found = place
        if left == 0 { break }
        next = Self.letter(&wanted)
      }
      place =
        scalar == "\n"
        ? FilePosition(line: place.line + 1, column: 1) : FilePosition(line: place.line, column: place.column + 1)
    }
    return isAtEnd ? FilePosition(line: found.line, column: found.column + 1) : found
  }

  private static func letter(_ text: inout Array<Unicode.Scalar>.Iterator) -> Unicode.Scalar? {
    while let scalar = text.next() { if !scalar.properties.isWhitespace { return scalar } }
    return nil
  }
}
