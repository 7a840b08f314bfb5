import FieldgateTestKit
import Foundation
import Testing

/// What others do at the broker, with programs of their own.
extension Site {
  /// Of a command.
  struct Reply: Decodable {
    struct Value: Decodable {
      var outcome: String
      var old: Shown?
      var value: Shown?
    }

    /// A value as a reply has it.
    enum Shown: Decodable, Hashable {
      case flag(Bool)
      case number(Double)
      case text(String)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
          self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
          self = .number(number)
        } else {
          self = .text(try container.decode(String.self))
        }
      }
    }

    var id: String?
    var outcome: String
    var reason: String?
    var message: String
    var duplicate: Bool?
    var values: [String: Value]?

    init(_ text: some StringProtocol) throws {
      self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }
  }

  private var address: [String] { ["-h", "127.0.0.1", "-p", "\(brokerPort)"] }

  /// Sends a message with mosquitto_pub, and waits until the broker has it.
  func publish(_ topic: String, _ message: String, _ more: [String] = []) throws {
    let sender = try ChildProcess("mosquitto_pub", address + ["-t", topic, "-m", message, "-q", "1"] + more)
    _ = try sender.output()
  }

  /// Sends a line of its input after the other, each as a message.
  func sender(_ topic: String) throws -> ChildProcess {
    try ChildProcess("mosquitto_pub", address + ["-t", topic, "-l", "-q", "1"], writesInput: true)
  }

  /// A mosquitto_sub that goes on; returns when the broker has its subscription.
  ///
  /// - Parameter format: `-F` of mosquitto_sub; each message is a line.
  func subscriber(_ topic: String, format: String = "%p", _ more: [String] = []) async throws -> ChildProcess {
    // What comes back under a topic of its own shows that the subscription holds.
    let mark = "test/\(UUID().uuidString)"
    let child = try ChildProcess(
      "mosquitto_sub", address + ["-t", topic, "-t", mark, "-q", "1", "-F", "%t|\(format)"] + more)
    _ = try await eventually("the subscription to \(topic)") {
      try publish(mark, "here")
      return child.standardOutput.contains("\(mark)|") ? true : nil
    }
    return child
  }

  /// The messages that a subscriber has seen so far.
  func messages(_ subscriber: ChildProcess) -> [String] {
    let output = subscriber.standardOutput
    // What is not whole yet.
    let whole = output.prefix(upTo: output.lastIndex(of: "\n") ?? output.startIndex)
    return whole.split(separator: "\n").filter { !$0.hasPrefix("test/") }.compactMap { Self.message($0)?.payload }
  }

  /// The next message of a topic: the retained one, if there is one.
  func next(_ topic: String) throws -> String {
    let child = try ChildProcess("mosquitto_sub", address + ["-t", topic, "-C", "1", "-W", "20", "-F", "%p"])
    return String(try child.output(timeout: .seconds(30)).dropLast())
  }

  /// Retained messages by their topics.
  func retained(_ topic: String, port: Int? = nil) throws -> [String: String] {
    let child = try ChildProcess(
      "mosquitto_sub",
      ["-h", "127.0.0.1", "-p", "\(port ?? brokerPort)", "-t", topic, "--retained-only", "-W", "1", "-F", "%t|%p"])
    _ = try child.wait(timeout: .seconds(30))
    let messages = child.drainedOutput.split(separator: "\n").compactMap { Self.message($0) }
    return Dictionary(messages.map { ($0.topic, $0.payload) }) { $1 }
  }

  /// A line `TOPIC|PAYLOAD`.
  private static func message(_ line: Substring) -> (topic: String, payload: String)? {
    guard let border = line.firstIndex(of: "|") else { return nil }
    return (String(line[..<border]), String(line[line.index(after: border)...]))
  }

  /// Sends a command with mosquitto_rr, which subscribes to the answer before it sends.
  func ask(_ message: String, device: String = "boiler", _ more: [String] = []) throws -> Reply {
    let topic = "fieldgate/\(gatewayName)/\(device)/set"
    let child = try ChildProcess(
      "mosquitto_rr", address + ["-t", topic, "-e", topic + "/reply", "-m", message, "-W", "20"] + more)
    return try Reply(try child.output(timeout: .seconds(30)))
  }

  // MARK: Devices of a test's own

  /// A bus of a test's own: the gateway's file names it instead of the plant.
  ///
  /// - Parameter tags: a line each, as in the configuration.
  static func sections(_ bus: String, device: String, every: String = "100ms", _ tags: [String]) -> String {
    let lines = tags.map { "      - { \($0) }" }.joined(separator: "\n")
    return """
      buses:
        - { name: plc, \(bus) }
      devices:
        - name: \(device)
          bus: plc
          unit: 1
          every: \(every)
          tags:
      \(lines)
      """
  }

  static func tcp(_ simulation: Simulation) -> String {
    "type: modbus-tcp, host: 127.0.0.1, port: \(simulation.ports[0])"
  }

  /// Broker and gateway with these sections, and no central; returns when the device is read.
  func startWithoutCentral(_ sections: String, device: String) async throws {
    ownSections = sections
    try startBroker()
    try writeConfiguration(hasCentral: false)
    try startGateway()
    try await isGood(device)
  }

  /// Waits until all values of a device are good.
  func isGood(_ device: String) async throws {
    _ = try await eventually("good values of \(device)") {
      let text = try? fieldgate("values", device, mustSucceed: false).text
      return text.map { !$0.isEmpty && !$0.contains("—") } == true ? true : nil
    }
  }
}
