import Telemetry

/// Finds what a device refuses in a block of tags, by halving: one search lasts as long as the scan it belongs to.
///
/// A refused read is asked for again in two parts. A part that is one value and is refused alone is at fault itself. Two
/// parts that are both answered though they were refused together have a border between them that no request may cross:
/// usually a gap that the device does not have. Whoever splits at a gap where there is one finds that first.
struct RefusalSearch: Sendable {
  /// One read of the scan under way.
  struct Part: Sendable {
    var step: ReadPlan.Step
    /// The split it comes from; nil for a read of the plan.
    var split: Int?
    /// A place that was refused before is tried again.
    var isRetry = false
  }

  /// What came of it.
  struct Findings: Sendable {
    var refused: [(place: LearnedReads.Place, exception: UInt8)] = []
    var cuts: [LearnedReads.Cut] = []
  }

  /// A device that refuses so many parts and answers none refuses everything, which teaches nothing.
  static let longestVainSearch = 16
  /// Most refused reads of one scan, so that a search does not hold the bus for long; a device with more faults is learned in
  /// several scans.
  static let maximumRefusals = 24

  private struct Split {
    var cut: LearnedReads.Cut
    /// Both sides were answered when they were asked for as a whole.
    var isProven = true
    var answered = 0
  }

  private var splits: [Split] = []
  private var refused: [(place: LearnedReads.Place, exception: UInt8)] = []
  private(set) var refusals = 0
  private var partsRefused = 0
  private var partsAnswered = 0

  var isSearching: Bool { !splits.isEmpty }
  /// It has gone on for long enough.
  var isVain: Bool { partsRefused >= Self.longestVainSearch && partsAnswered == 0 }
  var isExhausted: Bool { isVain || refusals >= Self.maximumRefusals }

  mutating func answered(_ part: Part) {
    guard let split = part.split else { return }
    partsAnswered += 1
    splits[split].answered += 1
  }

  /// Neither an answer nor a refusal came for the part, so it proves nothing.
  mutating func lost(_ part: Part) {
    if let split = part.split { splits[split].isProven = false }
  }

  /// The two parts to ask for instead of a refused one; nil when it is one value, which is then at fault.
  mutating func refuse(_ part: Part, exception: UInt8, points: [RegisterPoint]) -> (Part, Part)? {
    refusals += 1
    if part.split != nil { partsRefused += 1 }
    lost(part)
    let tags = part.step.slots.map(\.tag)
    guard !isExhausted, let border = Self.border(tags, points) else {
      if !isExhausted { refused += Set(tags.map { LearnedReads.Place(points[$0]) }).sorted().map { ($0, exception) } }
      return nil
    }
    let cut = LearnedReads.Cut(table: part.step.request.table, address: points[tags[border]].address)
    splits.append(Split(cut: cut))
    let unit = part.step.request.unit
    let halves = [Array(tags[..<border]), Array(tags[border...])].map { tags in
      Part(step: ReadPlan.step(tags, points, unit: unit, pacing: part.step.request.pacing), split: splits.count - 1)
    }
    return (halves[0], halves[1])
  }

  /// - Parameter isAnswering: the device answered something in this scan; if it did not, nothing is known of its values.
  func findings(isAnswering: Bool) -> Findings {
    guard isAnswering, !isVain else { return Findings() }
    return Findings(
      refused: refused, cuts: splits.filter { $0.isProven && $0.answered == 2 }.map(\.cut))
  }

  /// Where to split: at the gap nearest the middle, else at the border of values nearest the middle; the index of the first
  /// tag behind it.
  private static func border(_ tags: [Int], _ points: [RegisterPoint]) -> Int? {
    let borders = (1..<max(1, tags.count)).filter { points[tags[$0 - 1]].address < points[tags[$0]].address }
    let gaps = borders.filter { points[tags[$0 - 1]].end < Int(points[tags[$0]].address) }
    return (gaps.isEmpty ? borders : gaps).min { abs(2 * $0 - tags.count) < abs(2 * $1 - tags.count) }
  }
}
