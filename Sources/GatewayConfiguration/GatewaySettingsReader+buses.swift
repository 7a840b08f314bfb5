import Telemetry

extension GatewaySettingsReader {
  /// A bus of the file. One with a mistake still has its name, so that devices which name it are not reported too.
  struct ReadBus {
    var name: String
    var node: YAMLNode
    var isSerial: Bool
    /// Its devices speak no Modbus.
    var lines: SerialLinesSettings?
    var settings: BusSettings?
  }

  static let busKeys =
    ["name", "type", "device", "baud", "parity", "stop-bits", "host", "port", "timeout"] + pacingKeys + serialBusKeys
  static let bauds = [
    1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 500_000, 576_000, 921_600,
  ]

  enum BusType { case modbusRTU, modbusTCP, serialLines }

  mutating func buses(_ file: Section) -> [ReadBus] {
    guard file.require("buses", example: "[ { name: rs485, type: modbus-rtu, device: /dev/ttyUSB0 } ]", &problems)
    else {
      return []
    }
    let example = "{ name: rs485, type: modbus-rtu, device: /dev/ttyUSB0 }"
    var ports: [String: Int] = [:]
    return file.list("buses", limit: Self.maximumBuses, example: example, &problems).compactMap { bus($0, &ports) }
  }

  private mutating func bus(_ node: YAMLNode, _ ports: inout [String: Int]) -> ReadBus? {
    guard var section = Section(node, "a bus", keys: Self.busKeys, &problems) else { return nil }
    let name = section.name("name", example: "rs485", &problems)
    if let name {
      section.title = "bus '\(name)'"
      claim(name, "buses", at: section.value("name") ?? node)
    }
    guard section.require("type", example: "modbus-rtu", &problems),
      let type = section.choice(
        "type",
        [("modbus-rtu", BusType.modbusRTU), ("modbus-tcp", .modbusTCP), ("serial-lines", .serialLines)], &problems)
    else { return name.map { ReadBus(name: $0, node: node, isSerial: true, settings: nil) } }
    let kind: BusSettings.Kind? =
      switch type {
      case .modbusRTU:
        serialLine(section, &ports, type: "modbus-rtu", baud: 9_600, parity: .even, stopBits: nil)
          .map { .modbusRTU($0) }
      case .modbusTCP: endpoint(section)
      case .serialLines: serialLines(section, &ports)
      }
    if type != .serialLines { refuse(Self.serialBusKeys, section, type == .modbusTCP ? "modbus-tcp" : "modbus-rtu") }
    let timeout = section.duration("timeout", Self.timeouts, &problems)
    if type == .serialLines { refuse(Self.pacingKeys, section, "serial-lines") }
    let pacing = pacing(section)
    guard let name else { return nil }
    var settings = kind.map {
      BusSettings(name: name, kind: $0, timeout: timeout ?? (type == .modbusRTU ? .milliseconds(500) : .seconds(1)))
    }
    settings?.pacing = pacing
    var lines: SerialLinesSettings?
    if type == .serialLines {
      // One with mistakes still says that its devices speak no Modbus.
      if case .serialLines(_, let settings) = kind { lines = settings } else { lines = SerialLinesSettings() }
    }
    return ReadBus(
      name: name, node: section.value("name") ?? node, isSerial: type != .modbusTCP, lines: lines, settings: settings)
  }

  private mutating func refuse(_ keys: [String], _ section: Section, _ type: String) {
    for key in keys where section.has(key) {
      problems.error(section.keyNode(key), "'\(key)' has no meaning for a bus of type \(type)", hint: "remove it")
    }
  }

  private mutating func endpoint(_ section: Section) -> BusSettings.Kind? {
    refuse(["device", "baud", "parity", "stop-bits", "silence", "rs485"], section, "modbus-tcp")
    let port = section.integer("port", 1...65_535, &problems) ?? 502
    guard section.require("host", example: "192.0.2.10", &problems), let host = section.text("host", &problems) else {
      return nil
    }
    guard !host.contains(where: { $0 == " " || $0 == "/" }) else {
      problems.error(
        section.value("host") ?? section.node, "'host' of \(section.title) cannot be '\(host)'",
        hint: "it is a name or an address, for example 192.0.2.10; the port has a key of its own")
      return nil
    }
    return .modbusTCP(host: host, port: port)
  }

  /// - Parameters:
  ///   - baud, parity, stopBits: the defaults; stop bits nil: as Modbus has them.
  mutating func serialLine(
    _ section: Section, _ ports: inout [String: Int], type: String, baud usualBaud: Int,
    parity usualParity: SerialLine.Parity, stopBits usualStopBits: Int?
  ) -> SerialLine? {
    refuse(["host", "port"], section, type)
    let baud = section.integer("baud", 1_200...921_600, &problems) ?? usualBaud
    if !Self.bauds.contains(baud), let node = section.value("baud") {
      problems.error(
        node, "'baud' of \(section.title) is \(baud), a rate that serial ports do not have",
        hint: "known rates: \(Self.bauds.map(String.init).joined(separator: ", "))")
    }
    let parity =
      section.choice("parity", SerialLine.Parity.allCases.map { ($0.rawValue, $0) }, &problems) ?? usualParity
    // A character has 11 bits on the line: without a parity bit, a second stop bit takes its place.
    let stopBits = section.integer("stop-bits", 1...2, &problems) ?? usualStopBits ?? (parity == .none ? 2 : 1)
    guard section.require("device", example: "/dev/serial/by-id/usb-…", &problems), let device = port(section) else {
      return nil
    }
    if let line = ports[device] {
      problems.error(
        section.value("device") ?? section.node, "\(section.title) uses \(device), as the bus in line \(line) does",
        hint: "one serial port is one bus; put its devices on the same bus")
    }
    ports[device] = section.node.position.line
    var serialLine = SerialLine(device: device, baud: baud, parity: parity, stopBits: stopBits)
    serialLine.rs485 = rs485(section)
    return serialLine
  }

  /// A path, or a USB adapter.
  private mutating func port(_ section: Section) -> String? {
    guard let node = section.value("device"), case .scalar(let text, _) = node.content,
      text.hasPrefix(USBPortName.prefix)
    else { return path("device", section) }
    guard let name = USBPortName(text) else {
      problems.error(
        node, "'device' of \(section.title) names no USB adapter: '\(text.prefix(80))'",
        hint: "usb:VENDOR:PRODUCT as lsusb shows them, then :SERIAL and :ifNN where several fit: "
          + "\"usb:0403:6001:A10K3\"")
      return nil
    }
    return name.text
  }

  mutating func reportUnusedBuses(_ buses: [ReadBus], _ devices: [ReadDevice]) {
    // In a file with errors, devices may only seem to be missing.
    guard !problems.hasErrors else { return }
    for (index, bus) in buses.enumerated() where bus.settings != nil && !devices.contains(where: { $0.bus == index }) {
      problems.warning(bus.node, "bus '\(bus.name)' has no devices")
    }
  }
}
