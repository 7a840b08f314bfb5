import Telemetry

/// Least, greatest, sum or mean, and count of a tag's raw values, as ``DeviceAggregates`` keeps them.
struct TagAggregate {
  private let type: ValueType
  private(set) var count: Int64 = 0
  private(set) var minimum: Int64 = 0
  private(set) var maximum: Int64 = 0
  /// Of booleans and integers; a million values of 64 bits fit.
  private var sum: Int128 = 0
  /// Of floats: the mean so far, which cannot overflow where a sum would.
  private var mean = 0.0

  init(type: ValueType) {
    self.type = type
  }

  /// The sum, or the bits of the mean; 0 without values.
  var total: Int64 {
    guard count > 0 else { return 0 }
    switch type {
    case .text: return 0
    case .boolean, .integer: return Int64(clamping: sum)
    case .float32: return Value.float32(Float(mean)).bits
    case .float64: return Value.float64(mean).bits
    }
  }

  mutating func add(_ bits: Int64) {
    count += 1
    switch type {
    // Of texts the last one is kept: there is no least or mean of them.
    case .text: maximum = bits
    case .boolean, .integer:
      sum += Int128(bits)
      if count == 1 || bits < minimum { minimum = bits }
      if count == 1 || bits > maximum { maximum = bits }
    case .float32, .float64:
      let value = Self.number(bits, type)
      // A NaN compares with nothing, so it is replaced by the first number that comes.
      if count == 1 || Self.number(minimum, type).isNaN || value < Self.number(minimum, type) { minimum = bits }
      if count == 1 || Self.number(maximum, type).isNaN || value > Self.number(maximum, type) { maximum = bits }
      mean += value / Double(count) - mean / Double(count)
    }
  }

  /// The index of the last text in another table.
  mutating func keepOnly(_ index: Int64) { maximum = index }

  private static func number(_ bits: Int64, _ type: ValueType) -> Double {
    type == .float32
      ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))) : Double(bitPattern: UInt64(bitPattern: bits))
  }
}
