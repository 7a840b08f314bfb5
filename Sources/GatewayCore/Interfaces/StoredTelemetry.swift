import Telemetry

/// Where a reader of the stored telemetry stands: batches in the order of their epochs and numbers come first, then the
/// frames that are not cut yet.
public struct StoredTelemetryPosition: Hashable, Sendable {
  /// The store's own number of the epoch; 0 before the first.
  public var epoch: Int64 = 0
  /// The newest batch of the epoch that was read, in part or whole.
  public var number: UInt64 = 0
  /// The newest frame that was read; 0 while batches are.
  public var frame: Int64 = 0
  /// Bytes that were read of a batch that is not whole yet.
  public var offset = 0
  /// The newest frame of that batch, where it is made of frames; 0 otherwise.
  public var through: Int64 = 0

  public init() {}

  /// What ``text`` gave; nil for anything else.
  public init?(text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
    let numbers = parts.compactMap { $0 }
    guard parts.count == 5, numbers.count == 5, numbers.allSatisfy({ (0..<1 << 62).contains($0) }) else { return nil }
    (epoch, frame, through) = (numbers[0], numbers[2], numbers[4])
    (number, offset) = (UInt64(numbers[1]), Int(numbers[3]))
  }

  /// For whoever only brings it back.
  public var text: String { "\(epoch)-\(number)-\(frame)-\(offset)-\(through)" }
}

/// A batch of the store, or a part of one.
public struct StoredTelemetryPart: Hashable, Sendable {
  /// Empty when there is nothing of the wanted time at this position.
  public var bytes: [UInt8]
  /// The batch ends with these bytes.
  public var isLast: Bool
  /// False: the batch is what cutting would make of frames now. Once a part of a cut batch follows, it and all others like
  /// it are void, because that batch holds the same samples.
  public var isCut: Bool
  public var next: StoredTelemetryPosition

  public init(bytes: [UInt8] = [], isLast: Bool = true, isCut: Bool = true, next: StoredTelemetryPosition) {
    self.bytes = bytes
    self.isLast = isLast
    self.isCut = isCut
    self.next = next
  }
}
