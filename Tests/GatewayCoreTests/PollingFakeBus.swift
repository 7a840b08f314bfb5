import GatewayCore
import Telemetry

/// A bus under virtual time whose devices change every value before every read, so that a value of an earlier moment
/// is always wrong, and which fails in every way a bus can.
struct PollingFakeBus {
  struct Tag {
    var point: RegisterPoint
    /// What the device holds now; nil: a NaN.
    var value: Value?
  }

  var generator: PollingTestGenerator
  /// By unit, in tag order.
  var tags: [UInt8: [Tag]] = [:]
  var isOpen = false
  /// The line is out until then.
  var outageUntil = MonotonicTime.zero
  /// Units that do not answer until then.
  var deadUntil: [UInt8: MonotonicTime] = [:]
  /// Units that refuse reads touching addresses without a tag.
  var strictUnits: Set<UInt8> = []
  /// How often a request fails at random: once in so many.
  var trouble: Int
  let timeout = Duration.milliseconds(500)

  mutating func open(now: inout MonotonicTime) -> Result<Void, FieldBusError> {
    if now < outageUntil || generator.chance(trouble * 2) {
      now = now + .milliseconds(Int.random(in: 0...500, using: &generator))
      return .failure(FieldBusError(.busDown, "cannot open"))
    }
    isOpen = true
    return .success(())
  }

  mutating func read(_ request: ReadRequest, now: inout MonotonicTime) -> Result<[UInt16], FieldBusError> {
    precondition(isOpen, "read of a closed bus")
    let start = now
    now = now + .microseconds(Int.random(in: 500...20_000, using: &generator))
    if generator.chance(trouble * 8) {
      outageUntil = now + .milliseconds(Int.random(in: 0...40_000, using: &generator))
    }
    if generator.chance(trouble * 4) {
      deadUntil[request.unit] = now + .milliseconds(Int.random(in: 0...20_000, using: &generator))
    }
    if now < outageUntil {
      isOpen = false
      return .failure(FieldBusError(.busDown, "unplugged"))
    }
    if let until = deadUntil[request.unit], now < until {
      now = start + timeout
      return .failure(FieldBusError(.timeout, "no answer"))
    }
    if generator.chance(trouble) {
      let reasons: [Quality.Reason] = [.checksum, .malformedReply, .inputOutput, .exception(4), .exception(2)]
      return .failure(FieldBusError(reasons.randomElement(using: &generator)!, "random trouble"))
    }
    if generator.chance(trouble) { return .success([]) }
    return answer(request)
  }

  private mutating func answer(_ request: ReadRequest) -> Result<[UInt16], FieldBusError> {
    change(request.unit, request.table)
    var memory: [Int: UInt16] = [:]
    for tag in tags[request.unit] ?? [] where tag.point.table == request.table {
      for (offset, word) in PollingEncoder.encode(tag.value, tag.point).enumerated() {
        memory[Int(tag.point.address) + offset] = word
      }
    }
    let wanted = Int(request.address)..<Int(request.address) + request.count
    if strictUnits.contains(request.unit), wanted.contains(where: { memory[$0] == nil }) {
      return .failure(FieldBusError(.exception(2), "illegal data address"))
    }
    return .success(wanted.map { memory[$0] ?? UInt16.random(in: 0...1, using: &generator) })
  }

  /// Gives all tags of a table of a unit new values.
  private mutating func change(_ unit: UInt8, _ table: RegisterTable) {
    for index in (tags[unit] ?? []).indices where tags[unit]![index].point.table == table {
      let point = tags[unit]![index].point
      tags[unit]![index].value = PollingEncoder.randomValue(point, using: &generator)
    }
  }
}

/// What a device does with a value: the decoder's inverse, written from the byte picture rather than from the decoder.
enum PollingEncoder {
  static func randomValue(_ point: RegisterPoint, using generator: inout PollingTestGenerator) -> Value? {
    let random = generator.next()
    switch point.type {
    case .bool: return .boolean(random & 1 == 1)
    case .int16: return .integer(Int64(Int16(truncatingIfNeeded: random)))
    case .uint16: return .integer(Int64(UInt16(truncatingIfNeeded: random)))
    case .int32: return .integer(Int64(Int32(truncatingIfNeeded: random)))
    case .uint32: return .integer(Int64(UInt32(truncatingIfNeeded: random)))
    case .int64: return .integer(Int64(truncatingIfNeeded: random))
    case .float32: return generator.chance(8) ? nil : .float32(Float(Int32(truncatingIfNeeded: random)) / 7)
    case .float64: return generator.chance(8) ? nil : .float64(Double(Int64(truncatingIfNeeded: random)) / 7)
    case .int8: return .integer(Int64(Int8(truncatingIfNeeded: random)))
    case .uint8: return .integer(Int64(UInt8(truncatingIfNeeded: random)))
    case .uint64: return generator.chance(8) ? nil : .integer(Int64(random >> 1))
    case .float16: return generator.chance(8) ? nil : .float32(Float(Int8(truncatingIfNeeded: random)) / 4)
    case .bcd16: return generator.chance(8) ? nil : .integer(Int64(random % 10_000))
    case .bcd32: return generator.chance(8) ? nil : .integer(Int64(random % 100_000_000))
    case .bcd64: return generator.chance(8) ? nil : .integer(Int64(random % 10_000_000_000_000_000))
    case .string: return nil
    }
  }

  private static func pattern(_ value: Value?, _ type: RegisterType) -> UInt64 {
    switch (type, value) {
    case (.float16, .float32(let float)): UInt64(Float16(float).bitPattern)
    case (.bcd16, let value?), (.bcd32, let value?), (.bcd64, let value?): UInt64("\(value.bits)", radix: 16) ?? 0
    case (_, let value?): UInt64(bitPattern: value.bits)
    case (.float16, nil): 0x7c00
    case (.float32, nil): 0x7fc0_0001
    case (.float64, nil): 0x7ff8 << 48
    case (_, nil): .max
    }
  }

  static func encode(_ value: Value?, _ point: RegisterPoint) -> [UInt16] {
    let pattern = pattern(value, point.type)
    if point.table.isBits { return [UInt16(pattern)] }
    // Bytes from A, the most significant, on.
    let bytes = (0..<point.type.registerCount * 2).reversed().map { UInt8(truncatingIfNeeded: pattern >> ($0 * 8)) }
    var words = stride(from: 0, to: bytes.count, by: 2).map { [bytes[$0], bytes[$0 + 1]] }
    if point.order == .littleBig || point.order == .littleLittle { words.reverse() }
    return words.map { word in
      let isSwapped = point.order == .bigLittle || point.order == .littleLittle
      return UInt16(word[isSwapped ? 1 : 0]) << 8 | UInt16(word[isSwapped ? 0 : 1])
    }
  }
}
