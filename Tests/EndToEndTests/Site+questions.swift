import FieldgateTestKit
import Foundation
import Testing

/// What a person would look at.
extension Site {
  struct Output {
    var status: Int32
    var text: String
    var errors: String
  }

  struct ProgramFailed: Error, CustomStringConvertible { var description: String }

  /// Runs a program to its end.
  @discardableResult
  func run(_ program: String, _ arguments: [String], mustSucceed: Bool = true, input: String? = nil) throws -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program.hasPrefix("/") ? program : "/usr/bin/" + program)
    process.arguments = arguments
    let output = Pipe()
    let errorPath = temporary.path + "/stderr-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: errorPath, contents: nil)
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errorPath)
    process.standardInput = FileHandle(forReadingAtPath: "/dev/null")
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let errors = (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? ""
    try? FileManager.default.removeItem(atPath: errorPath)
    let result = Output(status: process.terminationStatus, text: String(decoding: data, as: UTF8.self), errors: errors)
    if mustSucceed, result.status != 0 {
      throw ProgramFailed(description: "\(program) \(arguments) ended with \(result.status): \(errors) \(result.text)")
    }
    return result
  }

  /// The technician's command line.
  @discardableResult
  func fieldgate(_ arguments: String..., mustSucceed: Bool = true) throws -> Output {
    try run(
      Executable.built("fieldgate"),
      arguments + (arguments.first == "check" ? [] : ["--socket", path("gateway.sock")]),
      mustSucceed: mustSucceed)
  }

  /// curl, with the certificate of `name`.
  func curl(_ location: String, certificate name: String? = "operator", _ more: [String] = []) throws -> Output {
    let authority = ownAuthority == nil ? "tls/ca.pem" : "own-ca.pem"
    var arguments = ["--silent", "--show-error", "--max-time", "10", "--cacert", path(authority)]
    if let operatorToken, name == "operator" {
      arguments += ["--header", "Authorization: Bearer \(operatorToken)"]
    } else if let name {
      arguments += ["--cert", path("tls/\(name).pem"), "--key", path("tls/\(name).key")]
    }
    return try run(
      "curl", arguments + more + ["https://127.0.0.1:\(centralPort)\(location)"], mustSucceed: false)
  }

  func query<Answer: Decodable>(_ location: String, as type: Answer.Type) throws -> Answer {
    let output = try curl(location, ["--fail"])
    guard output.status == 0 else { throw ProgramFailed(description: "curl \(location): \(output.errors)") }
    return try JSONDecoder().decode(type, from: Data(output.text.utf8))
  }

  struct ScanCount: Hashable {
    var time: String
    var count: Int
  }

  /// Good values of a device's scan counter at central, in central's order.
  func scanCounts(_ device: String) throws -> [ScanCount] {
    let output = try curl(
      "/v1/gateways/\(gatewayName)/samples?tag=\(device)/scan_count&format=csv&limit=1000000", ["--fail"])
    return output.text.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == 4, fields[2] == "good", let count = Int(fields[1]) else { return nil }
      return ScanCount(time: String(fields[0]), count: count)
    }
  }

  struct Verification: Decodable {
    struct Lane: Decodable {
      var lane: String
      var position: Int
      var records: Int
    }
    var sound: Bool
    var lanes: [Lane]
    var problems: [String]
  }

  func verifyCentral() throws -> Verification {
    let output = try run(
      Executable.built("fieldgate-central"), ["verify", "--data", path("data"), "--json"], mustSucceed: false)
    return try JSONDecoder().decode(Verification.self, from: Data(output.text.utf8))
  }

  struct Status: Decodable {
    struct Central: Decodable { var state: String }
    struct Outbox: Decodable {
      struct Lane: Decodable {
        var frames: Int
        var batches: Int
      }
      var samples: Int
      var lanes: [String: Lane]
    }
    struct Counters: Decodable {
      var scans: Int
      var samples: Int
      var samplesDropped: Int

      enum CodingKeys: String, CodingKey {
        case scans, samples
        case samplesDropped = "samples_dropped"
      }
    }
    var central: Central
    var outbox: Outbox
    var counters: Counters
  }

  /// Nil while the daemon does not answer.
  func status() -> Status? {
    guard let output = try? fieldgate("status", "--json") else { return nil }
    let answer = try? JSONDecoder().decode([String: Status].self, from: Data(output.text.utf8))
    return answer?["status"]
  }

  func drained() async throws {
    _ = try await eventually("the outbox to drain", timeout: .seconds(120)) { () -> Bool? in
      guard let status = status(), status.central.state == "online" else { return nil }
      return status.outbox.lanes.values.allSatisfy { $0.batches == 0 } ? true : nil
    }
  }

  /// Memory that the daemon alone has written, in kB: unlike its share of the program text it does not depend on how many
  /// daemons of other tests run.
  func memory() throws -> Int {
    let pid = try #require(gateway?.pid)
    let text = try String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Private_Dirty:") })
    return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
  }

  /// Lines of the daemon's log without their times.
  func logLines() -> [String] {
    log("gateway").split(separator: "\n").map { String($0.drop { $0 != " " }) }
  }

  static let devices = ["press", "energy", "hydraulics", "climate", "boiler", "tank", "pump"]
}
