import GatewayConfiguration
import GatewayCore
import ModbusBus
import Telemetry
import YAMLParser

/// A bus that the command line opens itself, because no daemon has it.
public struct DirectBus: Sendable {
  let settings: BusSettings

  /// A bus of a configuration file.
  public init(bus name: String, configuration path: String) throws {
    let loaded = ConfigurationFile.load(path: path)
    guard let settings = loaded.settings else {
      let first = loaded.diagnostics.first { $0.severity == .error }?.rendered(file: path) ?? path
      throw GatewayClient.Failure(
        description: "\(first); all mistakes: fieldgate check \(path); or name the port: --device or --host")
    }
    guard let bus = settings.buses.first(where: { $0.name == name }) else {
      let names = settings.buses.map(\.name)
      let hint = EditDistance.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
      throw GatewayClient.Failure(
        description: "\(path) has no bus '\(name)'; \(hint ?? "known: \(names.joined(separator: ", "))")")
    }
    if case .serialLines(let line, _) = bus.kind {
      throw GatewayClient.Failure(
        description: "bus \(name) has sensors that speak no Modbus; see: fieldgate serial watch \(line.device)")
    }
    if bus.kind == .computed {
      throw GatewayClient.Failure(
        description: "bus \(name) is that of computed devices: it has no line, so there is nothing to ask")
    }
    self.settings = bus
  }

  /// A serial port, at Modbus's own settings where none are given: 19200 baud, even.
  ///
  /// - Parameter parity: `none`, `even` or `odd`.
  public init(device: String, baud: Int?, parity word: String?) throws {
    let baud = baud ?? 19_200
    guard ModbusEndpoint.serialRates.contains(baud) else {
      let known = ModbusEndpoint.serialRates.map(String.init).joined(separator: ", ")
      throw GatewayClient.Failure(description: "there is no baud rate \(baud); known: \(known)")
    }
    guard let parity = SerialLine.Parity(rawValue: word ?? "even") else {
      throw GatewayClient.Failure(description: "parity is none, even or odd, not \(word ?? "")")
    }
    let setting = SweepPlan.Setting(baud: baud, parity: parity)
    settings = BusSettings(
      name: device,
      kind: .modbusRTU(SerialLine(device: device, baud: baud, parity: parity, stopBits: setting.stopBits)),
      timeout: .milliseconds(500))
  }

  /// A Modbus TCP endpoint.
  public init(host: String, port: Int) throws {
    guard (1...65_535).contains(port), !host.isEmpty else {
      throw GatewayClient.Failure(description: "--host is a name or an address, --port 1 to 65535")
    }
    settings = BusSettings(name: host, kind: .modbusTCP(host: host, port: port), timeout: .seconds(1))
  }

  var line: SerialLine? {
    if case .modbusRTU(let line) = settings.kind { line } else { nil }
  }

  /// Not open yet.
  ///
  /// - Parameters:
  ///   - setting: instead of the line's own.
  ///   - timeout: instead of the bus's own.
  func modbus(_ setting: SweepPlan.Setting? = nil, timeout: Duration? = nil) -> ModbusBus {
    let endpoint: ModbusEndpoint
    switch settings.kind {
    case .modbusTCP(let host, let port): endpoint = .tcp(host: host, port: port)
    case .computed: preconditionFailure("such a bus is refused when it is chosen")
    case .modbusRTU(let line), .serialLines(let line, _):
      endpoint = .rtu(
        device: line.device, baud: setting?.baud ?? line.baud, parity: Self.parity(setting?.parity ?? line.parity),
        stopBits: setting?.stopBits ?? line.stopBits)
    }
    return ModbusBus(
      endpoint: endpoint, timeout: timeout ?? settings.timeout, silence: setting == nil ? settings.pacing.silence : nil,
      direction: direction, name: settings.name)
  }

  private var direction: RS485Direction? {
    line?.rs485.map {
      RS485Direction(
        isRTSHighWhenSending: $0.isRTSHighWhenSending, delayBeforeSending: $0.delayBeforeSending,
        delayAfterSending: $0.delayAfterSending)
    }
  }

  private static func parity(_ parity: SerialLine.Parity) -> ModbusEndpoint.Parity {
    switch parity {
    case .none: .none
    case .even: .even
    case .odd: .odd
    }
  }

  /// Why the bus cannot be used. A port that is locked is the daemon's, most likely.
  static func failure(_ error: FieldBusError) -> GatewayClient.Failure {
    let isLocked = error.detail.contains("locked by another program")
    return GatewayClient.Failure(
      description: error.detail
        + (isLocked
          ? "; if it is the daemon, name its bus instead of the port, or stop it for a while: systemctl stop fieldgate"
          : ""))
  }
}
