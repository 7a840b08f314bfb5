import JSONText

/// The commands that a running simulator takes, one a line.
///
/// Every command is answered by one line: `ok`, `error: …`, or the JSON text of `values`.
public struct SimulatorConsole: Sendable {
  public enum Answer: Hashable, Sendable {
    case line(String)
    case stop
  }

  public static let help = """
    fault DEVICE silent | delay MS | exception CODE | drop | truncated BYTES | garbage | noise [times N]
    fault DEVICE wrong-unit | wrong-function | wrong-count | short-count | duplicated [times N]
    clear DEVICE | clear all
    set DEVICE TAG VALUE
    follow DEVICE TAG
    values
    line
    stop
    """

  private let simulation: Simulation

  public init(_ simulation: Simulation) {
    self.simulation = simulation
  }

  /// Nil for an empty line.
  public func execute(_ line: String) -> Answer? {
    let words = line.split(whereSeparator: \.isWhitespace).map { String($0) }
    guard let command = words.first else { return nil }
    do throws(TestKitError) {
      return try execute(command, Array(words.dropFirst()))
    } catch {
      return .line("error: \(error)")
    }
  }

  private func execute(_ command: String, _ words: [String]) throws(TestKitError) -> Answer {
    switch (command, words.count) {
    case ("fault", 2...):
      let fault = try Fault(words: Array(words.dropFirst()))
      for place in try simulation.find(words[0]) { place.units.setFault(fault, unit: place.device.unit) }
    case ("clear", 1):
      let all = words[0] == "all" ? simulation.endpoints.flatMap { $0.units.snapshot.map(\.name) } : [words[0]]
      for name in all { try simulation.setFault(nil, device: name) }
    case ("set", 3):
      guard let value = Double(words[2]), value.isFinite else { throw TestKitError("'\(words[2])' is no number") }
      try simulation.force(words[0], words[1], to: value)
    case ("follow", 2): try simulation.force(words[0], words[1], to: nil)
    case ("values", 0): return .line(valuesText)
    case ("line", 0): return .line(try lineText())
    case ("stop", 0): return .stop
    default:
      let commands = Self.help.split(separator: "\n").joined(separator: "; ")
      throw TestKitError("'\(([command] + words).joined(separator: " "))' is no command; use \(commands)")
    }
    return .line("ok")
  }

  /// What the serial line saw since the last such command:
  /// `{"too_early":0,"least_ms":963.2,"units":{"1":{"requests":28,"shortest_silence_us":2011}}}`
  private func lineText() throws(TestKitError) -> String {
    guard let record = simulation.takeLineRecord() else { throw TestKitError("there is no serial line") }
    return JSONWriter.text { json in
      json.object { json in
        json.member("too_early", record.tooEarly)
        json.member("least_ms", Double(record.leastTime / 1_000) / 1_000)
        json.object("units") { json in
          for (unit, seen) in record.units.sorted(by: { $0.key < $1.key }) {
            json.object("\(unit)") { json in
              json.member("requests", seen.requests)
              json.member("shortest_silence_us", ifPresent: seen.shortestSilence.map { $0 / 1_000 })
            }
          }
        }
      }
    }
  }

  /// Of each device; `fault` only while it has one: `{"boiler":{"bus":"boiler-room","unit":1,"requests":12,"values":{"supply_temp":62.1}}}`
  private var valuesText: String {
    JSONWriter.text { json in
      json.object { json in
        for endpoint in simulation.endpoints {
          for device in endpoint.units.snapshot { Self.write(device, endpoint, to: &json) }
        }
      }
    }
  }

  private static func write(_ device: SimulatedDevice, _ endpoint: SimulationEndpoint, to json: inout JSONWriter) {
    json.object(device.name) { json in
      json.member("bus", endpoint.bus)
      json.member("unit", device.unit)
      json.member("requests", endpoint.units.requestCount(unit: device.unit))
      json.member("fault", ifPresent: endpoint.units.fault(unit: device.unit)?.description)
      json.object("values") { json in
        for (tag, value) in zip(device.tags, endpoint.units.values(device: device.name)) {
          json.member(tag.name, value)
        }
      }
    }
  }
}
