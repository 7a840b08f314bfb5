import GatewayConfiguration
import Glibc
import SerialPort
import SerialSensors
import Telemetry
import YAMLParser

/// How a port is to be watched: from the configuration's bus on it, and from what the person said.
struct SerialWatchPlan {
  var port: PortSettings
  var framing = LineFraming()
  var readers: [SerialWatchReader] = []
  /// What the lines are held against, for people.
  var summary = "raw lines"

  init(_ request: SerialWatch.Request) throws {
    port = PortSettings(device: request.device)
    if let path = request.configuration { try take(path) }
    if let baud = request.baud {
      guard PortSettings.rates.contains(baud) else {
        throw GatewayClient.Failure(
          description:
            "there is no baud rate \(baud); known: \(PortSettings.rates.map(String.init).joined(separator: ", "))")
      }
      port.baud = baud
    }
    if let bits = request.dataBits {
      guard (7...8).contains(bits) else {
        throw GatewayClient.Failure(description: "data bits are 7 or 8, not \(bits)")
      }
      port.dataBits = bits
    }
    if let word = request.parity {
      guard let parity = SerialLine.Parity(rawValue: word) else {
        throw GatewayClient.Failure(description: "parity is none, even or odd, not \(word)")
      }
      port.parity = PortSettings.Parity(parity)
    }
    if let pattern = request.pattern { try take(pattern: pattern) }
  }

  private mutating func take(_ path: String) throws {
    let loaded = ConfigurationFile.load(path: path)
    guard let settings = loaded.settings else {
      let first = loaded.diagnostics.first { $0.severity == .error }?.rendered(file: path) ?? path
      throw GatewayClient.Failure(description: "\(first); all mistakes: fieldgate check \(path)")
    }
    let wanted = Self.resolved(port.device)
    for (index, bus) in settings.buses.enumerated() {
      guard case .serialLines(let line, let lines) = bus.kind, Self.resolved(line.device) == wanted else { continue }
      port = PortSettings(
        device: port.device, baud: line.baud, dataBits: lines.dataBits, parity: PortSettings.Parity(line.parity),
        stopBits: line.stopBits)
      framing = lines.framing
      let devices = settings.devices.filter { $0.bus == index }
      readers = try devices.compactMap { try Self.reader($0) }
      summary = "as bus \(bus.name) with \(devices.count) \(devices.count == 1 ? "device" : "devices") reads it"
      return
    }
    let known = settings.buses.compactMap { bus -> String? in
      if case .serialLines(let line, _) = bus.kind { line.device } else { nil }
    }
    throw GatewayClient.Failure(
      description: "no bus of serial lines in \(path) is on \(port.device); "
        + (known.isEmpty ? "it has none" : "they are on: \(known.joined(separator: ", "))"))
  }

  /// Links in /dev/serial/by-id lead to the port, and so do names of USB adapters.
  private static func resolved(_ device: String) -> String {
    let path = (try? USBPort.path(of: device)) ?? device
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func reader(_ device: DeviceSettings) throws -> SerialWatchReader? {
    let points = device.tags.compactMap { tag in if case .field(let point) = tag.source { point } else { nil } }
    switch device.serial?.speech {
    case .pushes(let format, let conditions)?, .answers(let format, let conditions, _)?:
      return SerialWatchReader(
        name: device.name, tags: device.tags.map(\.definition),
        reader: try MessageReader(format, where: conditions, points: points))
    case .sdi12, nil: return nil
    }
  }

  private mutating func take(pattern: String) throws {
    do throws(FormatError) {
      let groups = try PatternMatcher(pattern).groups.sorted { $0.value < $1.value }.map(\.key)
      let reader = try MessageReader(.pattern(pattern), points: groups.map { FieldPoint(field: $0) })
      let tags = groups.map { TagDefinition(name: $0, type: FieldType.number.valueType) }
      readers = [SerialWatchReader(name: "pattern", tags: tags, reader: reader)]
      summary =
        groups.isEmpty ? "with a pattern without named groups" : "with a pattern: \(groups.joined(separator: ", "))"
    } catch {
      throw GatewayClient.Failure(
        description: "the pattern \(error.message)\(error.hint.isEmpty ? "" : "; \(error.hint)")")
    }
  }
}

extension PortSettings.Parity {
  init(_ parity: SerialLine.Parity) {
    switch parity {
    case .none: self = .none
    case .even: self = .even
    case .odd: self = .odd
    }
  }
}
