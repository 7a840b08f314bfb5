import ArgumentParser
import FieldgateTestKit

/// What all serving commands take.
struct ServingOptions: ParsableArguments {
  @Option(help: "Sets the noise of all signals: the same seed gives the same values.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "A fault from the start; may be repeated. Keys: unit or device, kind, ms (delay), code (exception), bytes (truncated), times.",
      discussion: "Example: --fault unit=3,kind=delay,ms=800,times=5", valueName: "KEY=VALUE,..."))
  var fault: [String] = []

  @Option(
    help: ArgumentHelp(
      "Written when clients can connect, removed at the end: {\"tcp\": PORT, \"ports\": [PORT], \"rtu\": \"PATH\", "
        + "\"pid\": N}. Without it the same is printed.",
      valueName: "FILE"))
  var readyFile: String?

  @Option(
    help: ArgumentHelp(
      "Written when clients can connect: the buses and devices of the gateway's configuration.", valueName: "FILE"))
  var configuration: String?

  @Option(help: ArgumentHelp("Scan interval in that configuration.", valueName: "TIME"))
  var every: String = "1s"

  func validate() throws {
    _ = try TimeText.parse(every)
    for text in fault { _ = try FaultOption(text) }
  }

  /// Serves until told to stop.
  ///
  /// - Parameter start: makes the simulation, after signals have been taken care of.
  func run(_ start: () throws -> Simulation) throws {
    var run = try SimulatorRun()
    // One that an earlier run left behind would call us ready too soon.
    if let readyFile { TextFile.remove(readyFile) }
    let simulation = try start()
    do {
      for text in fault { try FaultOption(text).apply(to: simulation) }
      if let configuration { try TextFile.write(simulation.configuration(every: every).yaml, to: configuration) }
      if let readyFile {
        try TextFile.write(simulation.readyText, to: readyFile)
      } else {
        SimulatorRun.say("ready \(simulation.readyText)")
      }
    } catch {
      simulation.stop()
      throw error
    }
    run.serve(simulation)
    if let readyFile { TextFile.remove(readyFile) }
  }
}
