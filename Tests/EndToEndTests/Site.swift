import FieldgateTestKit
import Foundation
import Testing

/// A whole installation on the loopback interface: simulated sensors in this process, and broker, central and gateway as
/// the programs that are shipped. Everything ends and is removed with it.
final class Site {
  let directory: String
  let gatewayName = "site"
  private(set) var sensors: ModbusTCPServer
  private let sensorPort: Int
  private(set) var line: ModbusRTUServer?
  private(set) var broker: ChildProcess?
  private(set) var central: ChildProcess?
  private(set) var gateway: ChildProcess?
  let brokerPort: Int
  private(set) var centralPort = 0
  private(set) var metricsPort = 0
  let every: String

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  /// The programs stand beside the test bundle.
  static let binaries = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path

  init(every: String = "200ms") throws {
    directory = NSTemporaryDirectory() + "fieldgate-site-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: directory + "/outbox", withIntermediateDirectories: true)
    self.every = every
    sensors = try ModbusTCPServer(devices: Plant.machines(seed: 7))
    sensorPort = sensors.port
    line = try ModbusRTUServer(path: directory + "/rs485", devices: Plant.boilerRoom(seed: 7, alarmPeriod: 6))
    brokerPort = try freePort()
    try run(Self.root + "/Scripts/dev-certificates", [path("tls"), "--gateway", gatewayName])
  }

  deinit {
    gateway = nil
    central = nil
    broker = nil
    sensors.stop()
    line?.stop()
    try? FileManager.default.removeItem(atPath: directory)
  }

  func path(_ name: String) -> String { directory + "/" + name }

  // MARK: Parts

  func startBroker() throws {
    let text = "listener \(brokerPort) 127.0.0.1\nallow_anonymous true\npersistence false\n"
    try text.write(toFile: path("mosquitto.conf"), atomically: true, encoding: .utf8)
    broker = try ChildProcess("mosquitto", ["-c", path("mosquitto.conf")], logPath: path("broker.log"))
  }

  func stopBroker() {
    _ = broker?.stop()
    broker = nil
  }

  /// At the same port each time after the first.
  func startCentral() async throws {
    try? FileManager.default.removeItem(atPath: path("central.json"))
    central = try ChildProcess(
      Self.binaries + "/fieldgate-central",
      [
        "serve", "--listen", "127.0.0.1:\(centralPort)", "--metrics-listen", "127.0.0.1:\(metricsPort)", "--data",
        path("data"), "--ca", path("tls/ca.pem"), "--certificate", path("tls/central.pem"), "--key",
        path("tls/central.key"), "--ready-file", path("central.json"),
      ], logPath: path("central.log"))
    let ready = try await eventually("central's ready file") { () -> [String: Int]? in
      guard central?.isRunning == true else { throw WaitError(description: "central ended: \(central?.log ?? "")") }
      guard let data = FileManager.default.contents(atPath: path("central.json")) else { return nil }
      return try? JSONDecoder().decode([String: Int].self, from: data)
    }
    centralPort = ready["port"] ?? 0
    metricsPort = ready["metrics_port"] ?? 0
  }

  func stopCentral() { _ = central?.stop() }
  func killCentral() { central?.signal(SIGKILL); _ = central?.waitForEnd() }

  func writeConfiguration(hasCentral: Bool = true) throws {
    var plant = PlantConfiguration()
    plant.addTCP(bus: "machines", port: sensorPort, devices: Plant.machines(seed: 7), every: every)
    plant.addRTU(bus: "rs485", path: path("rs485"), devices: Plant.boilerRoom(seed: 7, alarmPeriod: 6), every: every)
    let text = """
      gateway: \(gatewayName)
      broker: { host: 127.0.0.1, port: \(brokerPort) }
      central:
        url: "https://127.0.0.1:\(centralPort)"
        authority: \(path("tls/ca.pem"))
        certificate: \(path("tls/\(gatewayName).pem"))
        key: \(path("tls/\(gatewayName).key"))
        batch-interval: 1s
      rules:
        - { name: too_hot, tag: boiler/supply_temp, above: 85, hysteresis: 2, for: 500ms, severity: high }
      outbox: { directory: \(path("outbox")), flush-interval: 200ms }
      api: { socket: \(path("gateway.sock")) }
      \(plant.yaml)
      """
    try text.write(toFile: path("gateway.yaml"), atomically: true, encoding: .utf8)
  }

  func startGateway() throws {
    gateway = try ChildProcess(
      Self.binaries + "/fieldgated", ["--configuration", path("gateway.yaml")], logPath: path("gateway.log"))
  }

  func stopGateway() -> Int32 { gateway?.stop() ?? -1 }
  func killGateway() { gateway?.signal(SIGKILL); _ = gateway?.waitForEnd() }

  func stopSensors() { sensors.stop() }
  func restartSensors() throws { sensors = try ModbusTCPServer(port: sensorPort, devices: Plant.machines(seed: 7)) }

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
      let devices = Set((values ?? []).filter { $0.quality == "good" }.map { $0.tag.prefix { $0 != "/" } })
      return devices.count == 6 ? true : nil
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
