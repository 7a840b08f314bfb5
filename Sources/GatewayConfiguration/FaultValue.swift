import Telemetry

/// One entry of `fault-values`: a raw value, or what the type cannot be.
enum FaultValue: Hashable {
  case value(Value)
  case undecodable

  /// `32767`, `-1.5`, `nan`, or the bits of the raw value as `0x8000`; nil when the point can never read so.
  init?(_ text: String, of point: RegisterPoint) {
    if text == "nan" {
      guard point.type.valueType != .integer else { return nil }
      self = .undecodable
    } else if text.hasPrefix("0x") {
      guard let bits = UInt64(text.dropFirst(2), radix: 16) else { return nil }
      self.init(bits: bits, point)
    } else if point.type.valueType == .integer {
      guard let integer = Int64(text) else { return nil }
      self = .value(.integer(integer))
    } else {
      guard let number = DecimalNumber(text: text)?.doubleValue else { return nil }
      self = .value(point.type == .float64 ? .float64(number) : .float32(Float(number)))
    }
  }

  private init?(bits: UInt64, _ point: RegisterPoint) {
    let isByte = point.type == .int8 || point.type == .uint8
    let width = point.bits?.count ?? (isByte ? 8 : point.type.registerCount * 16)
    guard width == 64 || bits < 1 << UInt64(width) else { return nil }
    switch point.type {
    case .float16: self = Self.float(Float(Float16(bitPattern: UInt16(truncatingIfNeeded: bits))))
    case .float32: self = Self.float(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64:
      let double = Double(bitPattern: bits)
      self = double.isFinite ? .value(.float64(double)) : .undecodable
    case .bcd16, .bcd32, .bcd64:
      var value: Int64 = 0
      for position in (0..<width / 4).reversed() {
        let digit = Int64(bits >> UInt64(4 * position) & 15)
        guard digit <= 9 else {
          self = .undecodable
          return
        }
        value = value * 10 + digit
      }
      self = .value(.integer(value))
    case .int8, .int16, .int32, .int64:
      let shift = Int64(64 - width)
      self = .value(.integer(Int64(bitPattern: bits << UInt64(shift)) >> shift))
    case .uint8, .uint16, .uint32, .uint64: self = Int64(exactly: bits).map { .value(.integer($0)) } ?? .undecodable
    case .bool, .string: return nil
    }
  }

  private static func float(_ value: Float) -> Self { value.isFinite ? .value(.float32(value)) : .undecodable }
}
