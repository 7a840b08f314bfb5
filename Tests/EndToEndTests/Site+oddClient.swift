import BatchCodec
import FieldgateTestKit
import Foundation
import Telemetry
import Testing

/// Clients that no library would make: `odd_client.py`.
extension Site {
  /// An answer of central; status 0 when it closed the connection without one.
  struct OddAnswer: Decodable {
    var status: Int
    /// 0 when absent.
    var retryAfter: Int
    var text: String
  }

  /// Runs a scenario to its end and reads what it found.
  func odd<Findings: Decodable>(_ scenario: String, _ arguments: String..., as type: Findings.Type) throws -> Findings {
    let pid = try #require(central?.pid)
    let script = Self.root + "/Tests/EndToEndTests/odd_client.py"
    let output = try run(
      "python3", ["-B", script, scenario, path("tls"), "\(centralPort)", "\(metricsPort)", "\(pid)"] + arguments)
    return try JSONDecoder().decode(type, from: Data(output.text.utf8))
  }

  /// Certificates of gateways beside the site's own.
  func certify(_ names: String...) throws {
    try run(
      Self.root + "/Scripts/dev-certificates", [path("tls")] + ([gatewayName] + names).flatMap { ["--gateway", $0] })
  }

  /// Writes a batch of one alarm and gives its path.
  func alarmBatch(_ file: String, number: UInt64 = 1, alarm: String = "too_hot", tag: String = "boiler/supply_temp")
    throws -> String
  {
    let event = AlarmEvent(
      time: Timestamp(milliseconds: 1_790_000_000_000 + Int64(number)), alarm: alarm, tag: tag, transition: .raised,
      severity: .high, value: 91, message: "hot")
    return try write(file, try BatchCodec.encode(epoch: Epoch(high: 0, low: 1), number: number, alarms: [event]))
  }

  func write(_ file: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(file)))
    return path(file)
  }
}
