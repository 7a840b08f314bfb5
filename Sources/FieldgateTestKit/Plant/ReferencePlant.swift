public import Telemetry

/// Ordinary plant data without a bus: what figures about sizes and speeds are measured on.
///
/// Of ten tags of a device four are temperatures in tenths of a degree with noise in the last digits (int16), two are
/// counters (uint32), one is a switch, one a setpoint, and two are float32 registers of an energy meter: one measurement
/// with noise down to its last bit, one energy that grows.
public struct ReferencePlant: Sendable {
  public let catalogue: Catalogue
  private let devices: [[SimulatedTag]]
  private let seed: UInt64

  /// - Parameters:
  ///   - devices: 1 or more.
  ///   - tagsPerDevice: 1 or more.
  public init(devices count: Int, tagsPerDevice: Int, seed: UInt64 = 1) {
    precondition(count > 0 && tagsPerDevice > 0, "a plant has devices with tags")
    self.seed = seed
    devices = (0..<count).map { device in (0..<tagsPerDevice).map { Self.tag($0, device: device) } }
    catalogue = Catalogue(
      devices: devices.enumerated().map { index, tags in
        DeviceDefinition(name: "device\(index + 1)", tags: tags.map(Self.definition))
      })
  }

  /// The scan of one device at `time` since the plant's start; its wall-clock time is `began + time`.
  public func scan(device: Int, at time: MonotonicTime, began: Timestamp) -> DeviceScan {
    let readings = devices[device].enumerated().map { index, tag in
      let value = tag.signal.value(seed: SplitMix64.mix(seed &+ UInt64(device) &* 4_099 &+ UInt64(index)), at: time)
      return Reading(Self.raw(value, tag))
    }
    return DeviceScan(device: device, time: began + .nanoseconds(time.nanoseconds), readings: readings)
  }

  private static func raw(_ value: Double, _ tag: SimulatedTag) -> Value {
    switch tag.point.type.valueType {
    case .boolean: .boolean(value != 0)
    case .integer, .text: .integer(Int64((value / tag.scale.doubleValue).rounded()))
    case .float32: .float32(Float(value))
    case .float64: .float64(value)
    }
  }

  private static func definition(_ tag: SimulatedTag) -> TagDefinition {
    let scaling = Scaling(multiplier: tag.scale, offset: tag.offset) ?? .identity
    return TagDefinition(name: tag.name, type: tag.point.type.valueType, scaling: scaling, unit: tag.unit)
  }

  private static func tag(_ index: Int, device: Int) -> SimulatedTag {
    let address = UInt16(index)
    let spread = Double(index * 7 % 11 + device * 3 % 5)
    switch index % 10 {
    case 0, 2, 5, 8:
      return SimulatedTag(
        "temp\(index)", .holdingRegister, address, .int16, scale: .tenth, unit: "°C",
        .sine(mean: 20 + spread * 5, amplitude: 4, periodSeconds: 3_600 + 97 * spread, noise: 0.2))
    case 1, 6:
      return SimulatedTag(
        "count\(index)", .holdingRegister, address, .uint32,
        .counter(start: 120_000 + spread, perSecond: 0.3 + spread / 7))
    case 3:
      return SimulatedTag("run\(index)", .coil, address, .toggle(onSeconds: 90 + spread * 10, offSeconds: 30))
    case 4:
      return SimulatedTag("setpoint\(index)", .holdingRegister, address, .uint16, .constant(100 + spread))
    case 7:
      return SimulatedTag(
        "voltage\(index)", .inputRegister, address, .float32, unit: "V",
        .sine(mean: 230, amplitude: 2, periodSeconds: 60 + spread, noise: 0.4))
    default:
      return SimulatedTag(
        "energy\(index)", .inputRegister, address, .float32, unit: "kWh",
        .meter(start: 1_000 + spread, perHour: 7.4 + spread))
    }
  }
}
