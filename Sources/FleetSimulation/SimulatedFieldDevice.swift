import GatewayCore
import Telemetry

/// A device whose values say where they come from: each answered read is a scan with a number, and all values follow from the
/// seed and that number.
final class SimulatedFieldDevice {
  let key: String
  private let seed: UInt64
  private(set) var scan: Int64 = 0
  var isSilent = false

  /// Registers: scan number (2), value (2), level (1).
  static let points = [
    RegisterPoint(table: .holdingRegister, address: 0, type: .uint32),
    RegisterPoint(table: .holdingRegister, address: 2, type: .uint32),
    RegisterPoint(table: .holdingRegister, address: 4, type: .int16),
  ]
  static let definitions = [
    TagDefinition(name: "scan", type: .integer), TagDefinition(name: "value", type: .integer),
    TagDefinition(name: "level", type: .integer),
  ]

  init(key: String, seed: UInt64) {
    self.key = key
    self.seed = seed
  }

  static func value(seed: UInt64, key: String, scan: Int64) -> Int64 {
    var hash = seed
    for byte in key.utf8 { hash = SeededRandom.mix(hash ^ UInt64(byte)) }
    return Int64(SeededRandom.mix(hash &+ UInt64(scan)) & 0xffff_ffff)
  }

  /// Above 80 for a while, so that alarms come and go.
  static func level(_ scan: Int64) -> Int64 { scan % 37 < 29 ? 20 + scan % 29 : 90 + scan % 5 }

  func answer() -> [UInt16] {
    scan += 1
    let value = Self.value(seed: seed, key: key, scan: scan)
    return [
      UInt16(truncatingIfNeeded: scan >> 16), UInt16(truncatingIfNeeded: scan), UInt16(truncatingIfNeeded: value >> 16),
      UInt16(truncatingIfNeeded: value), UInt16(truncatingIfNeeded: Self.level(scan)),
    ]
  }
}
