import GatewayConfiguration
import GatewayCore
import Telemetry

/// The commands of the engine: the machine that decides, and who waits for what.
struct CommandDesk {
  /// Who gets a reply.
  enum Route {
    case broker(topic: String, correlationData: [UInt8]?)
    case client(Int)
    /// A rule wrote because of this alarm.
    case rule(alarm: String)
  }

  /// A raw read or a probe of a client of the local API.
  struct Question {
    var client: Int
    var request: String
  }

  /// Raw reads and probes that may be under way.
  static let maximumQuestions = 64

  var machine: CommandMachine
  var routes: [Int: Route] = [:]
  var questions: [Int: Question] = [:]
  private var lastNumber = 0

  init(_ running: RunningConfiguration) {
    machine = CommandMachine(devices: Self.devices(running))
  }

  /// Of jobs and tickets: never the same again.
  mutating func nextNumber() -> Int {
    lastNumber += 1
    return lastNumber
  }

  /// The devices that commands can name; their buses by handle.
  static func devices(_ running: RunningConfiguration) -> [CommandDevice] {
    running.settings.devices.map { device in
      CommandDevice(
        name: device.name, bus: running.busHandles[device.bus], unit: device.unit, functions: device.writeFunctions,
        tags: device.tags.map { CommandTag($0) },
        pacing: RequestPacing(timeout: device.reading.timeout, turnRound: device.reading.turnRound))
    }
  }
}
