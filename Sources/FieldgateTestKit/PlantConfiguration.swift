public import Telemetry

/// The part of `gateway.yaml` that reads simulated devices.
public struct PlantConfiguration {
  private var buses: [String] = []
  private var devices: [String] = []

  public init() {}

  public mutating func addTCP(bus: String, port: Int, devices: [SimulatedDevice], every: String) {
    buses.append("  - { name: \(bus), type: modbus-tcp, host: 127.0.0.1, port: \(port) }")
    for device in devices { add(device, bus: bus, every: every) }
  }

  public mutating func addRTU(bus: String, path: String, devices: [SimulatedDevice], every: String, baud: Int = 19_200)
  {
    buses.append("  - { name: \(bus), type: modbus-rtu, device: \(path), baud: \(baud), parity: even }")
    for device in devices { add(device, bus: bus, every: every) }
  }

  private mutating func add(_ device: SimulatedDevice, bus: String, every: String) {
    devices.append(
      "  - name: \(device.name)\n    bus: \(bus)\n    unit: \(device.unit)\n    every: \(every)\n    tags:")
    for tag in device.tags { devices.append("      - { \(Self.line(tag)) }") }
  }

  private static func line(_ tag: SimulatedTag) -> String {
    let key =
      switch tag.point.table {
      case .coil: "coil"
      case .discreteInput: "discrete"
      case .holdingRegister: "holding"
      case .inputRegister: "input"
      }
    var parts = ["name: \(tag.name)", "\(key): \(tag.point.address)"]
    if !tag.point.table.isBits { parts.append("type: \(tag.point.type.rawValue)") }
    if tag.point.order != .bigBig { parts.append("order: \(tag.point.order.rawValue)") }
    if tag.scale != "1" { parts.append("scale: \(tag.scale)") }
    if !tag.unit.isEmpty { parts.append("unit: \"\(tag.unit)\"") }
    return parts.joined(separator: ", ")
  }

  /// The keys `buses` and `devices`.
  public var yaml: String {
    (["buses:"] + buses + ["devices:"] + devices).joined(separator: "\n") + "\n"
  }
}
