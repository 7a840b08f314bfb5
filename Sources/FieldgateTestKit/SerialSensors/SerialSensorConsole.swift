/// Commands to a simulated serial sensor, a line each.
enum SerialSensorConsole {
  static func execute(_ line: String, _ sensor: SerialSensorServer) -> SimulatorConsole.Answer? {
    let words = line.split(separator: " ").map(String.init)
    guard let command = words.first else { return nil }
    switch command {
    case "fault":
      do throws(TestKitError) {
        sensor.setFault(try SerialFault(words: Array(words.dropFirst())))
      } catch {
        return .line("error: \(error)")
      }
    case "clear": sensor.setFault(nil)
    case "say": sensor.say(line.dropFirst(4) + "\r\n")
    case "unplug": sensor.unplug()
    case "plug": sensor.plugIn()
    case "stop": return .stop
    default: return .line("error: unknown command '\(command)'; known: fault, clear, say, unplug, plug, stop")
    }
    return .line("ok")
  }
}
