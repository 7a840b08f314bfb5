public import Telemetry

/// Watches for readings that do not change: a stuck sensor.
///
/// A run of identical readings is flat when it has more than 30 readings, more than three times as many as the longest
/// run before it, and has lasted for the least duration. So a tag that often stands still for an hour must stand still
/// for three until it is told of, and no number has to be set for it.
///
/// A flat run counts as a run that has been when it ends, because whoever does not repair the sensor has said with that
/// how long it may stand still. The caller may pass it over instead (``forget``).
public struct FlatLine: Hashable, Sendable {
  public static let leastReadings: Int64 = 30
  public static let factor: Int64 = 3
  public static let stateVersion: UInt8 = 1
  private static let magic: StaticString = "FGFL"
  private static let most: Int64 = 1 << 56

  public let leastDuration: Duration

  private var bits: Int64 = 0
  /// Nanoseconds at which the run that lasts began.
  private var since: Int64 = 0
  /// Identical readings of the run that lasts; 0 before the first reading.
  public private(set) var run: Int64 = 0
  /// The longest run that has ended.
  public private(set) var longest: Int64 = 0
  /// The run that lasts is flat.
  public private(set) var isFlat = false

  public init(leastDuration: Duration = .zero) {
    self.leastDuration = leastDuration
  }

  /// More identical readings than this are flat.
  public var limit: Int64 { max(Self.leastReadings, Self.factor * longest) }

  /// Takes a reading that has a value. Bad readings are not given to it: they say nothing about the sensor's value.
  ///
  /// - Parameters:
  ///   - bits: the raw value; equal bits are equal readings.
  ///   - time: monotonic.
  /// - Returns: whether the run that lasts is flat.
  public mutating func take(bits next: Int64, time: MonotonicTime) -> Bool {
    if run > 0, next == bits {
      run = min(run + 1, Self.most)
    } else {
      longest = max(longest, run)
      bits = next
      run = 1
      since = time.nanoseconds
      isFlat = false
    }
    if !isFlat, run > limit, time.nanoseconds - since >= leastDuration.wholeNanoseconds { isFlat = true }
    return isFlat
  }

  /// The run that lasts does not count among those that have been.
  public mutating func forget() {
    run = 0
    isFlat = false
  }

  /// Its state, with the age of the run at that time.
  public func saved(at now: MonotonicTime) -> [UInt8] {
    var writer = StateWriter(magic: Self.magic, version: Self.stateVersion)
    writer.put(leastDuration.wholeNanoseconds)
    writer.put(bits)
    writer.put(now.nanoseconds - since)
    writer.put(run)
    writer.put(longest)
    writer.put(UInt8(isFlat ? 1 : 0))
    return writer.sealed()
  }

  /// - Parameter now: the time at which the run had that age: after a restart the present one less the time it took.
  public init(
    leastDuration: Duration = .zero, restoring bytes: [UInt8], at now: MonotonicTime
  ) throws(WindowStateError) {
    self.init(leastDuration: leastDuration)
    var reader = try StateReader(bytes, magic: Self.magic, version: Self.stateVersion)
    guard try reader.int64() == leastDuration.wholeNanoseconds else { throw .otherSpecification }
    self.bits = try reader.int64()
    let age = try reader.int64()
    guard age.magnitude < 1 << 62, now.nanoseconds.magnitude < 1 << 62 else { throw .damaged }
    since = now.nanoseconds - age
    run = Int64(try reader.count(most: Int(Self.most)))
    longest = Int64(try reader.count(most: Int(Self.most)))
    let flat = try reader.uint8()
    isFlat = flat == 1
    guard flat < 2, reader.isAtEnd else { throw .damaged }
  }
}
