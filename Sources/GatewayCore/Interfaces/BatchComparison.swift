/// What the check sum of a batch at central tells beside the store's own batch of that number.
public enum BatchComparison: Hashable, Sendable {
  case same
  /// Central has another batch there, or none.
  case other
  /// One side has nothing to compare: the store's batch is damaged, or a notice took its place and central may have either,
  /// or it is forgotten.
  case unknown
}
