import ArgumentParser
import GatewayClient
import Glibc

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look at the gateway from all sides, and say what is wrong and what to do next.",
    discussion: """
      Looks at the configuration, the daemon, serial ports and their permissions,
      line settings, wiring (from what the daemon counted), bus load, broker,
      central, certificates, disk and clock. Works with and without the daemon.
      Changes nothing, and opens no serial port.

      Each line begins with a verdict: 'ok'; 'warning': it works, and not as well
      as it should; 'PROBLEM': it does not work; 'not checked': something needed
      is missing, and 'next:' says what. Begin with the first problem: later ones
      often follow from it. Root sees more: who holds a port, whether keys fit.

      Ends with 0 when there is no problem, else with 1.

      Examples:
        sudo fieldgate doctor
        fieldgate doctor --configuration gateway.yaml --json
      """)
  @Option(name: .shortAndLong, help: "The configuration file.", completion: .file(extensions: ["yaml", "yml"]))
  var configuration = "/etc/fieldgate/gateway.yaml"
  @Option(help: "The daemon's socket (else as in the configuration; environment FIELDGATE_SOCKET).")
  var socket: String?
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let path = socket ?? getenv("FIELDGATE_SOCKET").map { String(cString: $0) }
    let doctor = Doctor(configuration: configuration, socket: path)
    guard doctor.run(json: json, output: { print($0) }) else { throw ExitCode(1) }
  }
}
