import FieldgateTestKit
import Foundation
import GatewayConfiguration
import RuleEngine
import Telemetry
import Testing
import YAMLParser

private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

private func files(_ name: String) -> [URL] {
  let all = try? FileManager.default.contentsOfDirectory(
    at: folder.appendingPathComponent(name), includingPropertiesForKeys: nil)
  return (all ?? []).filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
}

@Suite("Configuration files")
struct ConfigurationFilesTests {
  @Test("Every bad file gives exactly the messages that stand beside it", arguments: files("Bad"))
  func badFile(_ file: URL) throws {
    let loaded = ConfigurationFile.load(path: file.path)
    let shown = loaded.diagnostics.map { $0.rendered(file: file.lastPathComponent) }
    let expected = try String(
      contentsOf: file.deletingPathExtension().appendingPathExtension("expected"), encoding: .utf8)
    #expect(shown == expected.split(separator: "\n").map(String.init))
    #expect(loaded.settings == nil)
    #expect(loaded.diagnostics.contains { $0.severity == .error })
  }

  @Test("There are at least sixty bad files")
  func countOfBadFiles() {
    #expect(files("Bad").count >= 60)
  }

  @Test("Every good file is read without a problem", arguments: files("Good"))
  func goodFile(_ file: URL) {
    let loaded = ConfigurationFile.load(path: file.path)
    // The example leaves central to 'fieldgate enroll', and is told so.
    let isExample = file.lastPathComponent == "gateway.yaml"
    #expect(loaded.diagnostics.map(\.message).filter { !isExample || !$0.contains("there is no 'central'") } == [])
    #expect(loaded.settings != nil)
  }

  @Test(
    "The examples that are installed are those that are tested", arguments: ["gateway.yaml", "serial-sensors.yaml"])
  func installedExample(_ name: String) throws {
    let root = folder.deletingLastPathComponent().deletingLastPathComponent()
    let installed = try Data(contentsOf: root.appendingPathComponent("etc/\(name)"))
    #expect(try Data(contentsOf: folder.appendingPathComponent("Good/\(name)")) == installed)
  }

  @Test(
    "A certificate that has ended is renewed at the next port of central's host, or where the file says",
    arguments: [
      ("https://c", "https://c:444"), ("https://c:8443", "https://c:8444"),
      ("https://[::1]:8443", "https://[::1]:8444"),
      ("https://[::1]", "https://[::1]:444"), ("https://192.0.2.1:65535", "https://192.0.2.1:65535"),
    ])
  func lateRenewal(url: String, late: String) {
    var central = CentralSettings(url: url)
    #expect(central.lateRenewal == late)
    central.lateRenewalURL = "https://other:1"
    #expect(central.lateRenewal == "https://other:1")
  }

  @Test(
    "With its address alone, central's files are those of enrolment; credentials are looked up where systemd puts them")
  func identity() throws {
    let enrolled = CentralSettings(url: "https://central.example")
    #expect(enrolled.identity == "/var/lib/fieldgate/identity")
    #expect(enrolled.key == "/var/lib/fieldgate/identity/current/key.pem")
    var byHand = CentralSettings(url: "https://c", authority: "/ca", certificate: "/c", key: "credential:central.key")
    #expect(byHand.identity == nil && byHand.usesCredentials && !enrolled.usesCredentials)
    #expect(byHand.resolved(credentials: nil).key == "credential:central.key")
    byHand = byHand.resolved(credentials: "/run/credentials/fieldgate.service")
    #expect(byHand.key == "/run/credentials/fieldgate.service/central.key" && byHand.authority == "/ca")

    let directory = try TemporaryDirectory("central")
    let text = try String(contentsOf: folder.appendingPathComponent("Bad/central-http.yaml"), encoding: .utf8)
    let central = { (section: String) throws -> CentralSettings? in
      let path = try directory.write(
        "gateway.yaml", text.replacing("{ url: \"http://central.example\" }", with: section))
      return ConfigurationFile.load(path: path).settings?.central
    }
    #expect(try central("{ url: \"https://central.example\" }") == enrolled)
    let proxied = try central("{ url: \"https://c\", identity: /i, proxy: \"http://p:3128\" }")
    #expect(proxied?.certificate == "/i/current/certificate.pem" && proxied?.proxy == "http://p:3128")
    let named = try central("{ url: \"https://c\", key: \"credential:central.key\" }")
    #expect(named?.key == "credential:central.key" && named?.authority == "/etc/fieldgate/tls/ca.pem")
  }

  @Test("Every value arrives as it was written")
  func everything() throws {
    let loaded = ConfigurationFile.load(path: folder.appendingPathComponent("Good/everything.yaml").path)
    let settings = try #require(loaded.settings)
    #expect(settings.gateway == "barn-7.north_2")
    #expect(
      settings.broker
        == BrokerSettings(
          host: "broker.local", port: 8884,
          tls: BrokerSettings.TLS(authority: "/b/ca.pem", certificate: "/b/me.pem", key: "/b/me.key"), user: "barn",
          password: .file("/b/password"), clientID: "barn-7", protocolVersion: .version311, messagesPerSecond: 2_000,
          topicPrefix: "plant/north", homeAssistant: "ha/discovery", publishing: settings.devices[0].publishing))
    #expect(
      settings.devices.map(\.publishing) == [
        PublishingSettings(
          topics: .perTag, tagPayload: .plain, isRetained: true, qualityOfService: 1, deadband: .percent(2),
          heartbeat: .seconds(60)),
        PublishingSettings(topics: .both, deadband: .anyChange, heartbeat: .seconds(3_600)),
      ])
    #expect(
      settings.devices[0].tags[1].presentation
        == TagPresentation(
          deviceClass: "energy", stateClass: .total, icon: "mdi:meter-electric", label: "Energy"))
    #expect(settings.devices[0].tags.map(\.deadband).prefix(2) == [.percent(2), .absolute(0.5)])
    #expect(
      settings.central
        == CentralSettings(
          url: "https://[2001:db8::1]:8443", authority: "/tls/ca.pem", certificate: "/tls/me.pem", key: "/tls/me.key",
          batchInterval: .seconds(60), rateLimitBytes: 64_000, quietHours: QuietHours(from: 1_350, to: 345)))
    let line = SerialLine(device: "/dev/serial/by-id/usb-1", baud: 115_200, parity: .none, stopBits: 2)
    #expect(
      settings.buses == [
        BusSettings(name: "line", kind: .modbusRTU(line), timeout: .milliseconds(250)),
        BusSettings(name: "plc", kind: .modbusTCP(host: "plc.local", port: 1_502), timeout: .seconds(2)),
      ])
    #expect(settings.devices.map(\.scanInterval) == [.milliseconds(1_500), .seconds(86_400)])
    #expect(settings.devices.map(\.unit) == [247, 255])
    let tags = settings.devices[0].tags
    #expect(tags.map(\.definition.name) == ["temp", "energy", "total", "pump", "on"])
    let limits = WriteLimits(
      minimum: DecimalNumber(text: "-20"), maximum: DecimalNumber(text: "80.5"), step: DecimalNumber(text: "0.5"))
    #expect(tags.map(\.write) == [limits, nil, nil, .any, nil])
    #expect(settings.devices.map(\.writeFunctions) == [[.singleRegister, .coils, .maskRegister], .usual])
    #expect(tags[0].definition.scaling.apply(.integer(635)) == 23.5)
    #expect(tags[1].point == RegisterPoint(table: .inputRegister, address: 0, type: .float64, order: .littleLittle))
    #expect(tags[3].point == RegisterPoint(table: .coil, address: 65_535, type: .bool))
    let watched = RuleTag(TagIndex(device: 0, tag: 0), name: "boiler/temp", unit: "°C", decimals: 1)
    #expect(
      settings.rules == [
        AlarmRule(
          name: "hot", condition: .compare(watched, .above, limit: 85.5, hysteresis: 0.5), onDelay: .seconds(10),
          severity: .critical),
        AlarmRule(name: "cold", condition: .compare(watched, .below, limit: -5, hysteresis: 0)),
      ])
    #expect(
      settings.outbox
        == OutboxSettings(
          directory: "/data/outbox", flushInterval: .milliseconds(500), capacityBytes: 4_000_000_000,
          diskFloorBytes: 100_000_000, keep: .seconds(14 * 86_400), warnBelow: .seconds(3 * 86_400)))
    #expect(settings.api.socket == "/run/other.sock")
  }

  @Test("Types, bits, texts and treatments arrive as they were written")
  func types() throws {
    let loaded = ConfigurationFile.load(path: folder.appendingPathComponent("Good/types.yaml").path)
    let device = try #require(loaded.settings?.devices.first)
    let tags = Dictionary(uniqueKeysWithValues: device.tags.map { ($0.definition.name, $0) })
    #expect(device.staleAfter == .seconds(300))
    #expect(tags["bit"]?.point?.type == .bool)
    #expect(tags["bit"]?.point?.bits == BitField(lowest: 3, count: 1))
    #expect(tags["bit"]?.definition.label(of: Reading(.boolean(true))) == "open")
    #expect(tags["mode"]?.point?.type == .uint16)
    #expect(tags["mode"]?.point?.bits == BitField(lowest: 4, count: 4))
    #expect(tags["mode"]?.definition.label(of: Reading(.integer(15))) == "service")
    #expect(tags["mode"]?.definition.label(of: Reading(.integer(2))) == nil)
    #expect(tags["high"]?.point?.bits == .highByte)
    #expect(tags["digits"]?.treatment == TagTreatment(undecodableIsFault: true))
    #expect(tags["half"]?.treatment == TagTreatment(undecodableIsFault: true))
    #expect(
      tags["temp"]?.treatment
        == TagTreatment(
          faultValues: [.integer(-32_768), .integer(32_767)], valid: -40...125, staleAfter: .seconds(3_600)))
    #expect(tags["pulses"]?.treatment.counter == TagTreatment.Counter(rollover: 65_536, largestStep: 1_000))
    #expect(tags["serial"]?.definition.type == .text)
    #expect(tags["serial"]?.point?.entryCount == 8)
    #expect(tags["serial"]?.point?.encoding == .ascii)
    #expect(tags["power"]?.definition.type == .float64)
    #expect(tags["power"]?.treatment.scaleFactor == "power_sf")
    #expect(device.staleLimits.count { $0 == .seconds(300) } == device.tags.count - 1)
  }

  @Test("The pace of requests arrives as it was written, and devices have their bus's where they say nothing")
  func pacing() throws {
    let loaded = ConfigurationFile.load(path: folder.appendingPathComponent("Good/pacing.yaml").path)
    let settings = try #require(loaded.settings)
    #expect(settings.buses[0].pacing == BusPacing(silence: .milliseconds(5), turnRound: .milliseconds(20), retries: 0))
    #expect(settings.buses[1].pacing == BusPacing(turnRound: .milliseconds(1)))
    guard case .modbusRTU(let line) = settings.buses[0].kind else {
      Issue.record("\(settings.buses[0].kind)")
      return
    }
    #expect(
      line.rs485
        == RS485Settings(
          isRTSHighWhenSending: false, delayBeforeSending: .milliseconds(1), delayAfterSending: .milliseconds(2)))
    var boiler = ReadSettings()
    boiler.isContinuous = true
    boiler.timeout = .seconds(3)
    (boiler.turnRound, boiler.retries) = (.milliseconds(50), 5)
    (boiler.maximumRegisters, boiler.maximumBits, boiler.bridgesGaps) = (20, 16, false)
    #expect(settings.devices[0].reading == boiler)
    #expect(settings.devices[0].scanInterval == .milliseconds(10))
    var tank = ReadSettings()
    (tank.turnRound, tank.retries) = (.milliseconds(20), 0)
    #expect(settings.devices[1].reading == tank)
  }

  @Test("A file that cannot be opened is said to be so")
  func missingFile() {
    let loaded = ConfigurationFile.load(path: "/no/such/gateway.yaml")
    #expect(
      loaded.diagnostics.map { $0.rendered(file: "gateway.yaml") } == [
        "gateway.yaml: error: cannot read the file: No such file or directory; is the path right?"
      ])
  }

  @Test("Truncated and mutated files give settings or an error with a line of the file, never a crash")
  func mutations() throws {
    let seed = ProcessInfo.processInfo.environment["FIELDGATE_SEED"].flatMap { UInt64($0) } ?? 20_261_124
    print("seed \(seed); replay: FIELDGATE_SEED=\(seed) swift test --filter ConfigurationFilesTests")
    var generator = Mutations(state: seed)
    let original = Array(try Data(contentsOf: folder.appendingPathComponent("Good/everything.yaml")))
    var errors = 0
    for round in 0..<2_000 {
      var bytes = original
      if round % 4 == 0 {
        bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator)))
      } else {
        for _ in 0...Int.random(in: 0..<4, using: &generator) {
          let place = Int.random(in: 0..<bytes.count, using: &generator)
          let odd: [UInt8] = Array("{}[]:,-#&*!|>'\"%@`\n\t 0a\u{0}".utf8)
          bytes[place] = odd.randomElement(using: &generator) ?? 0
        }
      }
      do {
        let (settings, diagnostics) = GatewaySettingsReader.read(try YAMLFile.parse(bytes))
        let lines = bytes.count { $0 == 10 } + 1
        #expect(diagnostics.allSatisfy { (1...lines).contains($0.position?.line ?? 1) })
        #expect((settings == nil) == diagnostics.contains { $0.severity == .error })
        if settings == nil { errors += 1 }
      } catch {
        errors += 1
      }
    }
    // If nearly nothing were refused, the mutations would not have reached the reader.
    #expect(errors > 1_000)
  }
}

private struct Mutations: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}
