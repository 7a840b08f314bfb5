public import Telemetry

/// One message as it came, without its end.
public struct FramedLine: Hashable, Sendable {
  public var bytes: [UInt8]
  /// When its last byte was read.
  public var ended: MonotonicTime
  /// A byte in it had a parity or framing error, or was 0: some of it is missing or wrong.
  public var isDamaged: Bool

  public init(_ bytes: [UInt8], ended: MonotonicTime, isDamaged: Bool = false) {
    self.bytes = bytes
    self.ended = ended
    self.isDamaged = isDamaged
  }
}
