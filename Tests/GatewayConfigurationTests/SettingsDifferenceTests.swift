import Foundation
import GatewayConfiguration
import Testing
import YAMLParser

@Suite("What differs between two configurations")
struct SettingsDifferenceTests {
  private static let base = """
    gateway: barn-7
    broker: { host: 127.0.0.1 }
    central: { url: "https://central.example:8443" }
    buses:
      - { name: plc, type: modbus-tcp, host: 192.0.2.10 }
      - { name: rs485, type: modbus-rtu, device: /dev/ttyUSB0, baud: 9600 }
    devices:
      - { name: boiler, bus: rs485, unit: 3, every: 1s, tags: [{ name: temp, holding: 1 }, { name: flow, holding: 2 }] }
      - { name: press, bus: plc, unit: 1, every: 1s, tags: [{ name: parts, holding: 0 }] }
    rules: [{ name: hot, tag: boiler/temp, above: 85 }]
    outbox: { directory: /var/lib/fieldgate, capacity: 1GB }
    """

  struct Case: Sendable, CustomTestStringConvertible {
    var change: (String, String)
    var lines: [String]
    var testDescription: String { change.1 }

    init(_ old: String, _ new: String, _ lines: String...) {
      change = (old, new)
      self.lines = lines
    }
  }

  private static let allSame = ["buses: 2 unchanged", "devices: 2 unchanged", "rules: 1 unchanged"]

  static let cases = [
    Case("", "", "buses: 2 unchanged", "devices: 2 unchanged", "rules: 1 unchanged"),
    Case("unit: 3, every: 1s", "unit: 3, every: 2s", "devices: 1 changed (boiler: every 1 s -> 2 s), 1 unchanged"),
    Case("unit: 3,", "unit: 4,", "devices: 1 changed (boiler: unit 3 -> 4), 1 unchanged"),
    Case(
      "boiler", "burner", "devices: 1 added (burner), 1 removed (boiler), 1 unchanged",
      "rules: 1 changed (hot: tag boiler/temp -> burner/temp)"),
    Case(
      "{ name: flow, holding: 2 }", "{ name: level, holding: 2 }",
      "devices: 1 changed (boiler: tag added: level, tag removed: flow), 1 unchanged"),
    Case(
      "{ name: flow, holding: 2 }", "{ name: flow, holding: 2, scale: 0.1 }",
      "devices: 1 changed (boiler: tag changed: flow), 1 unchanged"),
    Case(
      "[{ name: temp, holding: 1 }, { name: flow, holding: 2 }]",
      "[{ name: flow, holding: 2 }, { name: temp, holding: 1 }]",
      "devices: 1 changed (boiler: tags in another order), 1 unchanged"),
    Case("baud: 9600", "baud: 19200", "buses: 1 changed (rs485: baud 9600 -> 19200), 1 unchanged"),
    Case(
      "type: modbus-tcp, host: 192.0.2.10", "type: modbus-tcp, host: 192.0.2.11, timeout: 2s",
      "buses: 1 changed (plc: timeout 1 s -> 2 s, host 192.0.2.10 -> 192.0.2.11), 1 unchanged"),
    Case(
      "above: 85", "above: 90, for: 10s", "rules: 1 changed (hot: limit above 85.0 -> above 90.0, for 0 ms -> 10 s)"),
    Case("{ host: 127.0.0.1 }", "{ host: 127.0.0.1, port: 1884 }", "broker: port 1883 -> 1884"),
    Case("broker: { host: 127.0.0.1 }", "", "broker: removed"),
    Case(
      "8443\" }", "8443\", batch-interval: 30s, rate-limit: 10kB }",
      "central: batch-interval 10 s -> 30 s, rate-limit none -> 10 kB"),
    Case("capacity: 1GB", "capacity: 2GB, keep: 14d", "outbox: capacity 1 GB -> 2 GB, keep none -> 14 d"),
    Case("gateway: barn-7", "gateway: barn-8", "needs a restart: gateway: name barn-7 -> barn-8"),
    Case(
      "/var/lib/fieldgate,", "/data,", "needs a restart: outbox: directory /var/lib/fieldgate -> /data"),
  ]

  private static func settings(_ text: String) throws -> GatewaySettings {
    let (settings, diagnostics) = GatewaySettingsReader.read(try YAMLFile.parse(Array(text.utf8)))
    return try #require(settings, "\(diagnostics)")
  }

  @Test("It is told by name, a line a kind", arguments: cases)
  func lines(_ one: Case) throws {
    let old = try Self.settings(Self.base)
    let text = one.change.0.isEmpty ? Self.base : Self.base.replacing(one.change.0, with: one.change.1)
    let difference = SettingsDifference(from: old, to: try Self.settings(text))
    let told = difference.lines.filter { !Self.allSame.contains($0) }
    #expect(told == one.lines.filter { !Self.allSame.contains($0) })
    #expect(difference.isEmpty == told.isEmpty)
  }

  @Test("A device in another place is the same device, and so is a rule on it")
  func places() throws {
    let old = try Self.settings(Self.base)
    let added = "devices:\n  - { name: first, bus: rs485, unit: 9, every: 1s, tags: [{ name: temp, holding: 1 }] }"
    let difference = SettingsDifference(from: old, to: try Self.settings(Self.base.replacing("devices:", with: added)))
    #expect(difference.lines == ["buses: 2 unchanged", "devices: 1 added (first), 2 unchanged", "rules: 1 unchanged"])
  }

  @Test("What only a start can change stays as it is")
  func applicable() throws {
    let old = try Self.settings(Self.base)
    let text = Self.base.replacing("barn-7", with: "barn-8").replacing("/var/lib/fieldgate", with: "/data")
      .replacing("capacity: 1GB", with: "capacity: 2GB")
    let applied = SettingsDifference.applicable(try Self.settings(text), running: old)
    #expect(applied.gateway == "barn-7" && applied.outbox.directory == "/var/lib/fieldgate")
    #expect(applied.outbox.capacityBytes == 2_000_000_000)
  }
}
