/// The part of a gateway's configuration that reads a simulated serial sensor.
struct SerialSensorConfiguration {
  let kind: SerialSensorKind
  let link: String
  let every: String

  var yaml: String {
    let name = "sim-\(kind.rawValue)"
    let adapter = kind == .sdi12 ? ", sdi-12: transparent, timeout: 200ms" : ""
    return """
      buses:
        - { name: \(name), type: serial-lines, device: \(link)\(adapter) }
      devices:
      \(devices.map { device($0, bus: name) }.joined(separator: "\n"))

      """
  }

  private func device(_ device: (name: String, keys: String, tags: [String]), bus: String) -> String {
    let tags = device.tags.map { "      - { \($0) }" }.joined(separator: "\n")
    return "  - name: \(device.name)\n    bus: \(bus)\n\(device.keys)\n    tags:\n\(tags)"
  }

  private var devices: [(name: String, keys: String, tags: [String])] {
    switch kind {
    case .lines:
      [
        (
          "room", "    pattern: '^T=(?<t>[-+.0-9]+) C H=(?<h>[0-9]+) % n=(?<n>[0-9]+)$'\n    stale-after: 2s",
          ["name: temperature, field: t, unit: \"°C\"", "name: humidity, field: h, unit: \"%\"", count]
        )
      ]
    case .json:
      [
        (
          "room", "    format: json\n    stale-after: 2s",
          ["name: temperature, field: t, unit: \"°C\"", "name: wind, field: wind.speed, unit: m/s", count]
        )
      ]
    case .csv:
      [
        (
          "room", "    format: csv\n    separator: \";\"\n    columns: [time, t, h, n]\n    stale-after: 2s",
          ["name: temperature, field: t, unit: \"°C\"", count]
        )
      ]
    case .keyValue:
      [("room", "    format: key-value\n    stale-after: 2s", ["name: temperature, field: T, unit: \"°C\"", count])]
    case .nmea:
      [
        (
          "station", "    format: nmea\n    every: \(every)\n    stale-after: 2s",
          [
            "name: latitude, field: RMC.latitude, unit: \"°\"", "name: wind, field: MWV.true_speed, unit: m/s",
            "name: count, field: XDR.COUNT",
          ]
        )
      ]
    case .scale:
      [
        (
          "scale",
          "    pattern: '^(?<state>ST|US),GS,(?<w>[-+ .0-9]+)kg$'\n    request: \"READ\\r\\n\"\n    every: \(every)\n"
            + "    timeout: 200ms",
          [
            "name: weight, field: w, unit: kg",
            "name: stable, field: state, type: bool, true-words: [ST], false-words: [US]",
          ]
        )
      ]
    case .sdi12:
      (0...2).map { address in
        (
          "soil-\(address)",
          "    address: \(address)\n    every: \(every)\(address == 2 ? "\n    crc: true" : "")",
          ["\"1\"", "\"2\"", "\"3\""].enumerated().map { index, number in
            let field = address == 1 ? "\"C.\(index + 1)\"" : number
            return "name: value-\(index + 1), field: \(field)"
          }
        )
      }
    }
  }

  private var count: String { "name: count, field: n, type: integer" }
}
