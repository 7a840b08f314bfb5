import ArgumentParser
import FieldgateTestKit
import JSONText

struct SerialCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serial",
    abstract: "A serial sensor that speaks no Modbus, on a pseudo-terminal.",
    discussion: """
      Kinds: lines, json, csv, key-value and nmea send by themselves; scale answers
      READ; sdi-12 is a bus of three sensors.

      Commands on standard input: fault silent | noise | halves | checksum | flood |
      late MILLISECONDS, clear, say TEXT, unplug, plug, stop.

      Example: a scale, and the part of gateway.yaml that reads it:
        fieldgate-simulate serial --kind scale --link /tmp/scale --configuration scale.yaml
      """)

  @Option(help: ArgumentHelp("lines, json, csv, key-value, nmea, scale or sdi-12.", valueName: "KIND"))
  var kind: String

  @Option(help: ArgumentHelp("Symbolic link to make.", valueName: "PATH"))
  var link: String

  @Option(help: ArgumentHelp("Between two messages, and the scan interval in the configuration.", valueName: "TIME"))
  var every: String = "1s"

  @Option(help: "Sets the noise of faults.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("A fault from the start: noise, late=800.", valueName: "FAULT"))
  var fault: String?

  @Option(help: ArgumentHelp("Written when the line can be opened: buses and devices.", valueName: "FILE"))
  var configuration: String?

  private func sensorKind() throws -> SerialSensorKind {
    guard let kind = SerialSensorKind(rawValue: kind) else {
      let known = SerialSensorKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--kind \(kind): choose one of \(known)")
    }
    return kind
  }

  private func sensorFault() throws -> SerialFault? {
    try fault.map { try SerialFault(words: $0.split(separator: "=").map(String.init)) }
  }

  func validate() throws {
    _ = try TimeText.parse(every)
    _ = try sensorKind()
    _ = try sensorFault()
  }

  func run() throws {
    var run = try SimulatorRun()
    let kind = try sensorKind()
    let sensor = try SerialSensorServer(kind, link: link, every: try TimeText.parse(every), seed: seed)
    sensor.setFault(try sensorFault())
    if let configuration {
      try TextFile.write(SerialSensorServer.configuration(kind, link: link, every: every), to: configuration)
    }
    SimulatorRun.say("ready \(JSONWriter.text { $0.object { $0.member("serial", link) } })\n")
    run.serve(sensor)
  }
}
