import Telemetry

/// What columns begin with: devices of one kind have like tags at like places, so each column's start is written as the
/// difference from that of the last column at the same place that was made of the same kind of number.
struct ColumnStarts {
  enum Kind: Hashable {
    case integer
    case float32
    case float64
    case decimal(Int)
  }

  enum Part: Int, CaseIterable {
    case values
    case counts
    case minimums
    case maximums
    case totals
  }

  /// The place of all columns of times.
  static let times = 0
  /// No place: a column that is not compared with others, nor others with it. Texts stand in tables of their own, so the
  /// index of one says nothing about the next.
  static let none = -1

  static func place(tag: Int, _ part: Part) -> Int { 1 + tag * Part.allCases.count + part.rawValue }

  private var last: [(kind: Kind, start: Int64)?] = []

  /// The start to expect at a place; 0 where the last one there was of another kind, or there is none.
  func expected(at place: Int, _ kind: Kind) -> Int64 {
    guard place != Self.none, place < last.count, let known = last[place], known.kind == kind else { return 0 }
    return known.start
  }

  mutating func set(_ start: Int64, at place: Int, _ kind: Kind) {
    guard place != Self.none else { return }
    while last.count <= place { last.append(nil) }
    last[place] = (kind, start)
  }

  /// What was expected.
  mutating func replace(at place: Int, _ kind: Kind, by start: Int64) -> Int64 {
    defer { set(start, at: place, kind) }
    return expected(at: place, kind)
  }
}

extension ValueType {
  /// Of a tag's sums and means.
  var ofTotals: Self { self == .boolean ? .integer : self }
}
