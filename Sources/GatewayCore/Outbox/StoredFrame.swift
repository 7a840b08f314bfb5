/// A frame as it lies in the store, and where its times belong.
public struct StoredFrame: Sendable {
  public var bytes: [UInt8]
  /// What to add to its times, because they are those of the boot clock; zero for wall-clock times.
  public var shift: Duration
  /// The shift is a guess: the boot ended before its clock was trusted. Its readings become uncertain.
  public var isEstimated: Bool

  public init(bytes: [UInt8], shift: Duration = .zero, isEstimated: Bool = false) {
    self.bytes = bytes
    self.shift = shift
    self.isEstimated = isEstimated
  }
}
