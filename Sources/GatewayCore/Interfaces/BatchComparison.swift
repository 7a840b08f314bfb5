/// What the check sum of a batch at central tells beside the store's own batch of that number.
public enum BatchComparison: Hashable, Sendable {
  case same
  case other
  /// One side has nothing to compare: the store's batch is damaged, or a notice took its place and central may have what was
  /// sent before, or it is forgotten, or central told no check sum.
  ///
  /// - Parameter comparable: the newest number below it whose batch in the store can be compared; where there is none, the
  ///   newest that central had confirmed, and 0 where nothing was.
  case unknown(comparable: UInt64)
}
