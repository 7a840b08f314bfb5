import GatewayConfiguration
import YAMLParser

/// A configuration from its bytes to settings or diagnostics.
enum ConfigurationTarget {
  static func run(_ bytes: [UInt8]) -> Bool {
    do {
      let (settings, diagnostics) = GatewaySettingsReader.read(try YAMLFile.parse(bytes))
      for diagnostic in diagnostics { check(diagnostic, bytes) }
      precondition(settings != nil || !diagnostics.isEmpty, "refused without a word")
      return settings != nil
    } catch {
      check(error, bytes)
      return false
    }
  }

  private static func check(_ diagnostic: Diagnostic, _ bytes: [UInt8]) {
    precondition(!diagnostic.rendered(file: "f").isEmpty)
    guard let position = diagnostic.position else { return }
    // libfyaml takes NEL, LS and PS for line ends, too; each has two bytes or more.
    let lines = bytes.count { $0 == 0x0a || $0 == 0x0d || $0 >= 0x80 } + 2
    precondition(position.line >= 1 && position.line <= lines && position.column >= 1, "an error outside of the text")
  }

  /// The bytes are what stands in a list of rules.
  static func runRules(_ bytes: [UInt8]) -> Bool { run(Array(frame.utf8) + bytes) }

  private static let frame = """
    gateway: barn-7
    broker: { host: 127.0.0.1, port: 1883 }
    buses:
      - { name: plc, type: modbus-tcp, host: 192.0.2.10, port: 502 }
    devices:
      - name: boiler
        bus: plc
        unit: 1
        every: 1s
        tags:
          - { name: temp, holding: 1, type: int16, scale: 0.1, unit: "°C" }
          - { name: setpoint, holding: 2, type: int16, writable: true }
          - { name: pump, coil: 4 }
    rules:

    """

  static let ruleSeeds = [
    "  - { name: hot, tag: boiler/temp, above: 85, hysteresis: 2, for: 10s, severity: high }\n",
    "  - { name: cold, tag: boiler/temp, below: 5, clear-after: 5s, message: \"{value} is cold\" }\n",
    "  - { name: fast, tag: boiler/temp, rise: { by: 5, within: 1m } }\n",
    "  - { name: odd, tag: boiler/temp, anomaly: {} }\n",
    "  - { name: dry, all: [ { tag: boiler/pump, equals: 1 }, { tag: boiler/temp, below: 20 } ] }\n",
    "  - { name: still, tag: boiler/temp, flat-line: 10m, when: { tag: boiler/pump, equals: 1 } }\n",
    "  - { name: old, tag: boiler/temp, stale: 30s, schedule: { days: [mon, tue], hours: \"08:00-17:00\" } }\n",
  ].map { Array($0.utf8) }

  static let seeds = [
    frame.replacingLastLine("rules: []\n"),
    frame + "  - { name: hot, tag: boiler/temp, above: 85 }\noutbox: { directory: /tmp, flush-interval: 1s }\n",
    """
    gateway: barn-7
    buses:
      - { name: line, type: modbus-rtu, device: "usb:0403:6001:A10K3", baud: 19200, parity: even }
      - { name: scale, type: serial, device: /dev/ttyS0, baud: 9600, format: { pattern: "(?<kg>[0-9.]+) kg" } }
    devices: []
    computed:
      - { name: calc, tags: [ { name: a, expression: "1 + 2" } ] }
    central: { url: "https://central.example:8443" }

    """,
  ].map { Array($0.utf8) }
}

extension String {
  fileprivate func replacingLastLine(_ line: String) -> String {
    let kept = split(separator: "\n", omittingEmptySubsequences: true).dropLast()
    return kept.joined(separator: "\n") + "\n" + line
  }
}
