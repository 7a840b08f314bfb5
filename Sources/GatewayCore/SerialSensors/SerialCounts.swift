public import SerialSensors

/// What came over a bus of serial lines, for technicians.
public struct SerialCounts: Hashable, Sendable {
  public var framer = FramerCounts()
  /// Lines that a device took.
  public var matched = 0
  /// Lines that belonged to no device.
  public var unmatched = 0
  /// Lines of a device that could not be trusted: check sum, parity, a pattern that took too long.
  public var damaged = 0
  /// Answers that came after their time-out; none was taken for a later one.
  public var late = 0
  /// Messages that joined a later one in one scan, because they came faster than the device's interval.
  public var merged = 0
  /// The newest line that belonged to no device, its unprintable bytes escaped; at most 120 characters.
  public var newestUnmatched: String?
  /// What SDI-12 sensors say of themselves, by index into the catalogue's devices.
  public var identities: [Int: String] = [:]

  public init() {}
}
