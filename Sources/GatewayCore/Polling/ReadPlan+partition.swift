import Telemetry

/// The cheapest partition of a table's tags into requests, by dynamic programming: the best way to ask for the first n tags
/// ends with one request for the last few of them and asks for those before in their best way.
extension ReadPlan {
  /// - Returns: the tags of each request, in order of address.
  static func partition(
    _ tags: [Int], _ points: [RegisterPoint], table: RegisterTable, rules: ReadRules, learned: LearnedReads
  ) -> [[Int]] {
    let sorted = tags.sorted { left, right in
      (points[left].address, points[left].entryCount, left) < (points[right].address, points[right].entryCount, right)
    }
    // A value that runs past the last address is refused by its device, which must not refuse others with it.
    let inside = sorted.filter { points[$0].end <= 65_536 }
    let outside = sorted.filter { points[$0].end > 65_536 }
    let borders = Borders(table, learned, bridgesGaps: rules.bridgesGaps)
    let parts = cheapest(inside.map { points[$0] }, limit: rules.limit(table), borders) {
      rules.time(table, entries: $0).wholeNanoseconds
    }
    // Stable, so that of two values at one address the shorter one still comes first.
    return (parts.map { Array(inside[$0]) } + outside.map { [$0] }).sorted {
      points[$0[0]].address < points[$1[0]].address
    }
  }

  /// - Parameters:
  ///   - points: in order of address.
  ///   - cost: of a request for so many entries; more for more, and more for two requests than for one of both's entries.
  private static func cheapest(
    _ points: [RegisterPoint], limit: Int, _ borders: Borders, cost: (Int) -> Int64
  ) -> [Range<Int>] {
    // best[n] is the cost of the first n; the last request of that way begins at begins[n].
    var best: [Int64] = [0]
    var begins = [0]
    for count in 1..<max(1, points.count + 1) {
      let last = points[count - 1]
      var end = last.end
      var (lowest, place) = (best[count - 1] + cost(last.entryCount), count - 1)
      for first in stride(from: count - 2, through: 0, by: -1) {
        let point = points[first]
        guard last.end - Int(point.address) <= limit, borders.allow(point, with: points[first + 1]) else { break }
        end = max(end, point.end)
        let entries = end - Int(point.address)
        guard entries <= limit, borders.allow(Int(point.address)..<end) else { continue }
        let total = best[first] + cost(entries)
        if total < lowest { (lowest, place) = (total, first) }
      }
      best.append(lowest)
      begins.append(place)
    }
    var parts: [Range<Int>] = []
    var end = points.count
    while end > 0 {
      parts.append(begins[end]..<end)
      end = begins[end]
    }
    return parts.reversed()
  }

  /// Where requests of a table may not reach over.
  private struct Borders {
    private let bridgesGaps: Bool
    private let cuts: Set<Int>
    private let holes: [Range<Int>]

    init(_ table: RegisterTable, _ learned: LearnedReads, bridgesGaps: Bool) {
      self.bridgesGaps = bridgesGaps
      cuts = Set(learned.cuts.filter { $0.table == table }.map { Int($0.address) })
      holes = learned.refusals.keys.filter { $0.table == table }.map { Int($0.address)..<Int($0.address) + $0.count }
    }

    /// Two neighbours in order of address may stand in one request.
    func allow(_ left: RegisterPoint, with right: RegisterPoint) -> Bool {
      guard left.address != right.address else { return true }
      return !cuts.contains(Int(right.address)) && (bridgesGaps || left.end >= Int(right.address))
    }

    /// A request for more than one value may span these entries.
    func allow(_ entries: Range<Int>) -> Bool { !holes.contains { $0.overlaps(entries) } }
  }
}
