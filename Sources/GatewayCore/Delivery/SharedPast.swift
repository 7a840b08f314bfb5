import Telemetry

/// Finds, by questions to central, which of a row's confirmed batches are there no more because another's stand under their
/// numbers.
///
/// Each batch was sent together with the check sum of the one before, so all that central has up to one of this store's
/// batches is this store's (or from before the copy was made): there is one number up to which both have the same. It is
/// looked for from the newest confirmed batch backwards, in steps that double, then between the last two. One question
/// tells the usual case, that nothing is gone.
struct SharedPast: Hashable, Sendable {
  let row: EpochLane
  let confirmed: UInt64
  /// Up to here both have the same; 0 is where every epoch begins.
  private var same: UInt64 = 0
  /// From here on central has other batches, or none.
  private var differs: UInt64
  private var step: UInt64 = 1

  init(_ row: EpochLane, confirmed: UInt64) {
    self.row = row
    self.confirmed = confirmed
    differs = confirmed + 1
  }

  /// The number to ask for next; nil when it is known.
  var question: UInt64? {
    guard differs > same + 1 else { return nil }
    guard differs <= confirmed else { return confirmed }
    if same == 0, differs > step { return differs - step }
    return same + (differs - same) / 2
  }

  /// Confirmed batches that are gone; nil when none is known to be.
  var gone: ClosedRange<UInt64>? { differs <= confirmed ? differs...confirmed : nil }

  /// - Parameters:
  ///   - asked: what ``question`` was.
  ///   - number: of the batch that central compared: `asked`, or its newest when that is less; nil when it has none.
  mutating func answered(_ asked: UInt64, at number: UInt64?, _ comparison: BatchComparison) {
    guard let number, number >= asked else {
      differs = min(differs, (number ?? 0) + 1)
      if comparison == .same { same = max(same, number ?? 0) }
      return
    }
    switch comparison {
    case .same: same = max(same, asked)
    // Without a check sum of the newest there is no sign of a loss; further down it is rather told too much.
    case .unknown where asked == confirmed: same = confirmed
    case .other, .unknown:
      if differs <= confirmed { step *= 2 }
      differs = min(differs, asked)
    }
  }
}
