import Telemetry

/// One time series as Gorilla stores it: differences of differences of timestamps, and doubles by the bits in which they
/// differ from the one before (Pelkonen et al.: Gorilla, VLDB 2015, sections 4.1.1 and 4.1.2). For comparison only, so it
/// counts bits and keeps none. Timestamps are in milliseconds.
struct GorillaSeries {
  /// The aligned start of the block, as in the paper's figure 2.
  private(set) var bits = 64
  private(set) var count = 0
  private var previousTime: Int64 = 0
  private var previousDelta: Int64 = 0
  private var previousValue: UInt64 = 0
  /// Of the window that was last written out; 65 leading zeros stand for none.
  private var leading = 65
  private var trailing = 0

  var bytes: Int { (bits + 7) / 8 }

  mutating func append(_ value: Double, at time: Timestamp) {
    appendTime(time.milliseconds)
    appendValue(value.bitPattern)
    count += 1
  }

  private mutating func appendTime(_ time: Int64) {
    defer { previousTime = time }
    let delta = time - previousTime
    if count == 0 {
      bits += 14
      return
    }
    let change = delta - previousDelta
    previousDelta = delta
    switch change {
    case 0: bits += 1
    case -63...64: bits += 2 + 7
    case -255...256: bits += 3 + 9
    case -2_047...2_048: bits += 4 + 12
    default: bits += 4 + 32
    }
  }

  private mutating func appendValue(_ pattern: UInt64) {
    defer { previousValue = pattern }
    if count == 0 {
      bits += 64
      return
    }
    let difference = pattern ^ previousValue
    guard difference != 0 else {
      bits += 1
      return
    }
    // Five bits hold the number of leading zeros.
    let zeros = min(31, difference.leadingZeroBitCount)
    if leading <= 64, zeros >= leading, difference.trailingZeroBitCount >= trailing {
      bits += 2 + 64 - leading - trailing
    } else {
      leading = zeros
      trailing = difference.trailingZeroBitCount
      bits += 2 + 5 + 6 + 64 - leading - trailing
    }
  }
}
