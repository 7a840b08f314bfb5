/// Names close to a mistyped one, for "did you mean".
public enum EditDistance {
  /// The candidate with the fewest insertions, deletions, replacements and swaps, if that is at most a third of its
  /// length (and at least one is allowed); ties go to the first.
  public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    var best: (word: String, distance: Int)?
    for candidate in candidates {
      let distance = between(Array(word.lowercased().utf8), Array(candidate.lowercased().utf8))
      guard distance <= max(1, (max(word.utf8.count, candidate.utf8.count) + 1) / 3) else { continue }
      if best == nil || distance < best!.distance { best = (candidate, distance) }
    }
    return best?.word
  }

  /// Optimal string alignment distance; words are short (at most 64 bytes are compared).
  static func between(_ left: [UInt8], _ right: [UInt8]) -> Int {
    let left = left.prefix(64), right = right.prefix(64)
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for (row, leftByte) in left.enumerated() {
      var current = [row + 1]
      for (column, rightByte) in right.enumerated() {
        let replacement = previous[column] + (leftByte == rightByte ? 0 : 1)
        var cost = min(previous[column + 1] + 1, current[column] + 1, replacement)
        if row > 0, column > 0, leftByte == right[column - 1], left[row - 1] == rightByte {
          cost = min(cost, beforePrevious[column - 1] + 1)
        }
        current.append(cost)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[right.count]
  }
}
