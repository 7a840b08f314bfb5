/// One sample in a window: 16 bytes.
///
/// A value that is no number marks the time from which on the value is unknown (a bad reading) or does not count (the
/// window's filter).
struct WindowPoint: Hashable, Sendable {
  /// Milliseconds shifted left by one; the lowest bit says that the sample was uncertain.
  private(set) var packed: Int64
  var value: Double

  init(packed: Int64, value: Double) {
    self.packed = packed
    self.value = value
  }

  init(time: Int64, value: Double, isUncertain: Bool = false) {
    packed = time << 1 | (isUncertain ? 1 : 0)
    self.value = value
  }

  private static let unknownBits: UInt64 = 0x7ff8_0000_0000_0001
  private static let excludedBits: UInt64 = 0x7ff8_0000_0000_0002

  static func unknown(since time: Int64) -> Self { Self(time: time, value: Double(bitPattern: unknownBits)) }
  static func excluded(since time: Int64) -> Self { Self(time: time, value: Double(bitPattern: excludedBits)) }

  var time: Int64 {
    get { packed >> 1 }
    set { packed = newValue << 1 | packed & 1 }
  }

  var isUncertain: Bool { packed & 1 == 1 }
  var isValue: Bool { !value.isNaN }
  /// What a window may hold: a saved one is read from outside.
  var isPossible: Bool {
    guard time.magnitude <= UInt64(2 * TagWindow.farthestTime) else { return false }
    if isValue { return value.magnitude <= WindowSpecification.maximumMagnitude }
    return !isUncertain && (isUnknown || value.bitPattern == Self.excludedBits)
  }

  var isUnknown: Bool { value.bitPattern == Self.unknownBits }

  /// Milliseconds after `start` in which it tells the value, until the next point or until it has held for `gap`.
  func held(from start: Int64, until end: Int64, gap: Int64) -> Int64 {
    isUnknown ? 0 : max(0, min(end, time + gap) - max(time, start))
  }
}
