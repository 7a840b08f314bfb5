import FieldgateTestKit
import Foundation
import Testing

/// A whole installation on the loopback interface: simulated sensors in this process, and broker, central and gateway as
/// the programs that are shipped. Everything ends and is removed with it.
final class Site {
  let temporary: TemporaryDirectory
  let gatewayName = "site"
  let plant = PlantLayout(seed: 7, alarmPeriod: .seconds(4))
  private(set) var sensors: ModbusTCPServer
  private let sensorPort: Int
  private let line: ModbusRTUServer
  private(set) var broker: ChildProcess?
  private(set) var central: ChildProcess?
  private(set) var gateway: ChildProcess?
  let brokerPort: Int
  private(set) var centralPort: Int
  private(set) var metricsPort: Int
  let every: String
  /// Where central has an authority of its own (`startOwnCentral`): what operators come with.
  var operatorToken: String?
  /// The broker's section of the configuration and of mosquitto's own, where a test wants others than the usual.
  var brokerSection: String?
  var brokerRules = "allow_anonymous true"
  /// Options of a central that has an authority of its own; nil: certificates of `Scripts/dev-certificates`.
  var ownAuthority: [String]?
  /// Whole sections that a test wants besides, and rules.
  var moreSections = ""
  var moreRules: [String] = []
  /// Buses and devices of a test's own, in the place of the plant's and without its rule.
  var ownSections: String?
  /// Lines that are taken out of the list of devices.
  var leftOut: (Substring) -> Bool = { _ in false }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  init(every: String = "200ms") throws {
    temporary = try TemporaryDirectory("site")
    self.every = every
    sensors = try ModbusTCPServer(SimulatedUnits(plant.tcp), port: FreePort.find())
    sensorPort = sensors.ports[0]
    line = try ModbusRTUServer(SimulatedUnits(plant.rtu), link: temporary("rs485"))
    brokerPort = try FreePort.find()
    centralPort = try FreePort.find()
    metricsPort = try FreePort.find()
    _ = try temporary.directory("outbox")
    try run(Self.root + "/Scripts/dev-certificates", [path("tls"), "--gateway", gatewayName])
  }

  deinit {
    gateway = nil
    central = nil
    broker = nil
    sensors.stop()
    line.stop()
  }

  func path(_ name: String) -> String { temporary(name) }

  /// Starts one of this package's programs, or an installed one; both outputs go to NAME.log.
  private func start(_ name: String, _ program: String, _ arguments: [String]) throws -> ChildProcess {
    let log = ChildProcess.Output.file(path(name + ".log"))
    return try ChildProcess(program, arguments, standardOutput: log, standardError: log)
  }

  /// What a part has written since the site was made.
  func log(_ name: String) -> String { (try? temporary.read(name + ".log")) ?? "" }

  // MARK: Parts

  func startBroker() throws {
    // Without `user root` a broker that root starts would give up the right to read its files.
    let text = "user root\npersistence false\nlistener \(brokerPort) 127.0.0.1\n\(brokerRules)\n"
    try text.write(toFile: path("mosquitto.conf"), atomically: true, encoding: .utf8)
    broker = try start("broker", "mosquitto", ["-c", path("mosquitto.conf")])
  }

  func stopBroker() {
    _ = try? broker?.terminate()
    broker = nil
  }

  /// At the same port each time.
  func startCentral() async throws {
    try? FileManager.default.removeItem(atPath: path("central.json"))
    let files = [
      "--ca", path("tls/ca.pem"), "--certificate", path("tls/central.pem"), "--key", path("tls/central.key"),
    ]
    central = try start(
      "central", Executable.built("fieldgate-central"),
      [
        "serve", "--listen", "127.0.0.1:\(centralPort)", "--metrics-listen", "127.0.0.1:\(metricsPort)", "--data",
        path("data"), "--ready-file", path("central.json"),
      ] + (ownAuthority ?? files))
    let ready = try await eventually("central's ready file") { () -> [String: Int]? in
      guard central?.isRunning == true else { throw TestKitError("central ended: \(log("central"))") }
      guard let data = FileManager.default.contents(atPath: path("central.json")) else { return nil }
      return try? JSONDecoder().decode([String: Int].self, from: data)
    }
    centralPort = ready["port"] ?? 0
    metricsPort = ready["metrics_port"] ?? 0
  }

  func stopCentral() { _ = try? central?.terminate() }
  func killCentral() { _ = central?.kill() }

  /// - Parameter hasCentral: false to name none; otherwise start it before, because of its port.
  func writeConfiguration(hasCentral: Bool = true) throws {
    let text = """
      gateway: \(gatewayName)
      broker: \(brokerSection ?? "{ host: 127.0.0.1, port: \(brokerPort) }")
      outbox: { directory: \(path("outbox")), flush-interval: 200ms }
      api: { socket: \(path("gateway.sock")) }
      \(hasCentral ? centralSection : "")
      \(moreSections)
      \(ownSections ?? plantSections)
      """
    try text.write(toFile: path("gateway.yaml"), atomically: true, encoding: .utf8)
  }

  private var centralSection: String {
    """
    central:
      url: "https://127.0.0.1:\(centralPort)"
      authority: \(path("tls/ca.pem"))
      certificate: \(path("tls/\(gatewayName).pem"))
      key: \(path("tls/\(gatewayName).key"))
      batch-interval: 1s
    """
  }

  private var plantSections: String {
    let map = plant.configuration(host: "127.0.0.1", port: sensorPort, link: path("rs485"), every: every)
    let lines = map.yaml.split(separator: "\n").filter { !leftOut($0) }
    let rule = "{ name: too_hot, tag: boiler/supply_temp, above: 85, hysteresis: 2, for: 500ms, severity: high }"
    return (["rules:"] + ([rule] + moreRules).map { "  - \($0)" } + lines).joined(separator: "\n")
  }

  func startGateway() throws {
    gateway = try start("gateway", Executable.built("fieldgated"), ["--configuration", path("gateway.yaml")])
  }

  /// The exit code, nil when it had to be killed.
  func stopGateway() throws -> ChildProcess.Exit? { try gateway?.terminate(timeout: .seconds(20)) }
  func killGateway() { _ = gateway?.kill() }

  func stopSensors() { sensors.stop() }
  func restartSensors() throws {
    sensors = try ModbusTCPServer(SimulatedUnits(plant.tcp), port: sensorPort)
  }

  /// Broker, central, gateway; returns when a value of each device is at central.
  func startAll() async throws {
    try startBroker()
    try await startCentral()
    try writeConfiguration()
    try startGateway()
    try await everyDeviceAtCentral()
  }

  func everyDeviceAtCentral() async throws {
    _ = try await eventually("a value of each device at central") {
      let values = try? query("/v1/gateways/\(gatewayName)/latest", as: Latest.self).values
      let devices = Set((values ?? []).filter { $0.quality == "good" }.map { String($0.tag.prefix { $0 != "/" }) })
      return devices.isSuperset(of: Self.devices) ? true : nil
    }
  }

  struct Latest: Decodable {
    struct Value: Decodable {
      var tag: String
      var quality: String
    }
    var values: [Value]
  }
}
