import GatewayConfiguration
import Telemetry

/// What Home Assistant lets people enter for a writable number: the limits of the configuration, else what the type holds.
struct NumberRange: Hashable, Sendable {
  var minimum: Double
  var maximum: Double
  /// Home Assistant allows no step below 0.001 (`homeassistant.components.mqtt.number`).
  var step: Double

  static let smallestStep = 0.001

  init(_ tag: TagSettings) {
    let scaling = tag.definition.scaling
    let raw = Self.raw(tag.point?.type)
    let ends = [raw.lowerBound, raw.upperBound].map { scaling.apply(.integer($0)) }.sorted()
    minimum = tag.write?.minimum?.doubleValue ?? ends[0]
    maximum = tag.write?.maximum?.doubleValue ?? ends[1]
    let isWhole = tag.definition.type == .integer
    let resolution = isWhole ? (scaling.apply(.integer(1)) - scaling.apply(.integer(0))).magnitude : Self.smallestStep
    step = max(Self.smallestStep, tag.write?.step?.doubleValue ?? resolution)
    // Rounding leaves 0.10000000000000009 where 0.1 is meant.
    step = (step * 1e6).rounded() / 1e6
    if minimum >= maximum { maximum = minimum + step }
  }

  /// A form for people cannot show more than a few digits, so wide types get a million in both directions.
  private static func raw(_ type: RegisterType?) -> ClosedRange<Int64> {
    switch type {
    case .int16: -32_768...32_767
    case .uint16: 0...65_535
    case .uint32: 0...4_294_967_295
    default: -1_000_000...1_000_000
    }
  }
}
