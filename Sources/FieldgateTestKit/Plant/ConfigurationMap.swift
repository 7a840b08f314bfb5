import Telemetry

/// Simulated devices as a gateway's configuration names them.
public struct ConfigurationMap: Sendable {
  /// A bus with the devices on it.
  public struct Bus: Sendable {
    public enum Kind: Sendable {
      case tcp(host: String, port: Int)
      case rtu(path: String)
    }

    public var name: String
    public var kind: Kind
    public var devices: [SimulatedDevice]

    public init(name: String, kind: Kind, devices: [SimulatedDevice]) {
      self.name = name
      self.kind = kind
      self.devices = devices
    }
  }

  public var buses: [Bus]
  /// The scan interval as it is written: `1s`, `250ms`.
  public var every: String

  public init(buses: [Bus], every: String = "1s") {
    self.buses = buses
    self.every = every
  }

  /// The `buses:` and `devices:` sections of gateway.yaml. The same map always gives the same text.
  public var yaml: String {
    var lines = ["buses:"]
    for bus in buses { lines.append("  - { name: \(bus.name), \(Self.settings(bus.kind)) }") }
    lines.append("devices:")
    for bus in buses {
      for device in bus.devices {
        lines += [
          "  - name: \(device.name)", "    bus: \(bus.name)", "    unit: \(device.unit)", "    every: \(every)",
        ]
        lines.append("    tags:")
        for tag in device.tags { lines.append("      - { \(Self.settings(tag)) }") }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func settings(_ kind: Bus.Kind) -> String {
    switch kind {
    case .tcp(let host, let port): "type: modbus-tcp, host: \(host), port: \(port)"
    case .rtu(let path): "type: modbus-rtu, device: \(quoted(path)), baud: 19200, parity: even"
    }
  }

  private static func settings(_ tag: SimulatedTag) -> String {
    var parts = ["name: \(tag.name)", "\(key(tag.point.table)): \(tag.point.address)"]
    if !tag.point.table.isBits { parts.append("type: \(tag.point.type.rawValue)") }
    if tag.point.order != .bigBig { parts.append("order: \(tag.point.order.rawValue)") }
    if tag.point.type == .string {
      parts.append("length: \(tag.point.length)")
      if tag.point.encoding != .utf8 { parts.append("encoding: \(tag.point.encoding.rawValue)") }
    }
    if tag.scale != .one { parts.append("scale: \(tag.scale.text)") }
    if tag.offset != .zero { parts.append("offset: \(tag.offset.text)") }
    if !tag.unit.isEmpty { parts.append("unit: \(quoted(tag.unit))") }
    return parts.joined(separator: ", ")
  }

  private static func key(_ table: RegisterTable) -> String {
    switch table {
    case .coil: "coil"
    case .discreteInput: "discrete"
    case .holdingRegister: "holding"
    case .inputRegister: "input"
    }
  }

  /// Double quotes with the two escapes that paths and units can need.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
      if character == "\"" || character == "\\" { result.append("\\") }
      result.append(character)
    }
    return result + "\""
  }

  /// A table for people: one line a tag.
  public var table: String {
    var lines: [String] = []
    for bus in buses {
      for device in bus.devices {
        lines.append("\(device.name): unit \(device.unit) on \(bus.name)")
        for tag in device.tags {
          let place = "\(Self.key(tag.point.table)) \(tag.point.address)"
          let type = tag.point.table.isBits ? "" : "\(tag.point.type.rawValue) \(tag.point.order.rawValue)"
          let scale = tag.scale == .one && tag.offset == .zero ? "" : "x \(tag.scale.text) + \(tag.offset.text)"
          let columns = [(tag.name, 16), (place, 14), (type, 22), (scale, 14), (tag.unit, 8)]
          let line = "  " + columns.map { Self.padded($0.0, $0.1) }.joined(separator: " ")
          lines.append(String(line.reversed().drop { $0 == " " }.reversed()))
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
