/// Finds, by questions to central, which of the batches that it claims to have cannot be compared.
///
/// Central tells a position beyond what it had confirmed, and the batch whose check sum comes with it is damaged here, or a
/// notice took its place that central may not have: that proves nothing, a copied gateway's batch may stand there. So it is
/// asked further down, in steps that double, until one is the same, then between that one and the lowest that cannot be
/// compared.
struct Descent: Hashable, Sendable {
  /// Newest number that is claimed; it cannot be compared.
  let from: UInt64
  /// Lowest number that was found to be incomparable.
  private var unknown: UInt64
  /// Newest number below it that is the same, or was confirmed before and so is not in question; nil: not found yet.
  private var same: UInt64?
  private var step: UInt64 = 1
  /// What central had confirmed.
  private let confirmed: UInt64

  /// - Parameter confirmed: less than `from`.
  init(from: UInt64, confirmed: UInt64) {
    self.from = from
    self.confirmed = confirmed
    unknown = from
    // Before the first batch nothing can be another's.
    if from == 1 { same = 0 }
  }

  /// The number to ask for next; nil when it is known.
  var question: UInt64? {
    guard let same else { return max(unknown - min(step, unknown - 1), confirmed, 1) }
    return unknown > same + 1 ? same + (unknown - same) / 2 : nil
  }

  /// Numbers of which nobody can say whether central has the same, once ``question`` is nil.
  var incomparable: ClosedRange<UInt64> { unknown...from }

  /// - Parameter comparison: of the batch ``question``. Another one ends the search elsewhere: the epoch is given up.
  mutating func answered(_ comparison: BatchComparison?) {
    guard let asked = question else { return }
    switch comparison {
    case .unknown where asked > confirmed:
      unknown = asked
      step *= 2
      if asked == 1 { same = 0 }
    // What was confirmed is not in question, whether or not its check sum is still known.
    case .unknown, .same, .other, nil: same = asked
    }
  }
}
