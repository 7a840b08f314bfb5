/// In which order computed tags can be made, each behind those that it uses.
struct ComputedOrder {
  /// Tags that stand one behind the other at most.
  static let maximumDepth = 64

  /// All that are in no circle, use none that is, and are not too deep.
  private(set) var places: [Int] = []
  /// Each with the tags that use each other, from the first one of the file on.
  private(set) var circles: [[Int]] = []
  /// Built on too many others.
  private(set) var deep: [Int] = []

  /// - Parameter uses: of each tag, the places of those that it uses.
  init(_ uses: [[Int]]) {
    var users: [[Int]] = Array(repeating: [], count: uses.count)
    var missing = uses.map(\.count)
    for (place, used) in uses.enumerated() { for other in used { users[other].append(place) } }
    var depths = Array(repeating: 1, count: uses.count)
    var ready = uses.indices.filter { missing[$0] == 0 }
    var next = 0
    while next < ready.count {
      let place = ready[next]
      next += 1
      if depths[place] <= Self.maximumDepth { places.append(place) }
      // The tags behind it are too deep as well; once is enough.
      if depths[place] == Self.maximumDepth + 1 { deep.append(place) }
      for user in users[place] {
        depths[user] = max(depths[user], depths[place] + 1)
        missing[user] -= 1
        if missing[user] == 0 { ready.append(user) }
      }
    }
    findCircles(uses, Set(uses.indices).subtracting(ready))
  }

  /// Goes from each tag that is left to one that it uses and that is left too, until one comes again.
  private mutating func findCircles(_ uses: [[Int]], _ left: Set<Int>) {
    var seen: Set<Int> = []
    for start in left.sorted() where !seen.contains(start) {
      var path: [Int] = []
      var position: [Int: Int] = [:]
      var place: Int? = start
      while let current = place, !seen.contains(current) {
        seen.insert(current)
        position[current] = path.count
        path.append(current)
        place = uses[current].first { left.contains($0) }
      }
      if let again = place, let begin = position[again] {
        let circle = Array(path[begin...])
        // As it stands in the file.
        let first = circle.firstIndex(of: circle.min() ?? again) ?? 0
        circles.append(Array(circle[first...] + circle[..<first]))
      }
    }
  }
}
