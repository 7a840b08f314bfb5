import FieldgateTestKit
import Foundation
import Testing

/// Central among clients that behave badly: it stays small, and others are served.
@Suite("Limits of central", .inASiteSlot)
struct CentralLimitsTests {
  private let site: Site

  init() async throws {
    site = try Site()
    try await site.startCentral()
  }

  private func clients(_ mode: String, _ count: Int) throws -> ChildProcess {
    try ChildProcess(
      "python3",
      [
        Site.root + "/Tests/EndToEndTests/central_clients.py", "\(site.centralPort)", site.path("tls/ca.pem"),
        site.path("tls/site.pem"), site.path("tls/site.key"), mode, "\(count)",
      ], writesInput: true)
  }

  private func isReady(_ clients: ChildProcess) async throws {
    _ = try await eventually("the clients", timeout: .seconds(120)) {
      guard clients.isRunning else { throw TestKitError("the clients ended: \(clients.standardError)") }
      return clients.standardOutput.contains("ready") ? true : nil
    }
  }

  /// A gateway's and an operator's request.
  private func expectService() throws {
    let position = "/v1/positions/00000000000000000000000000000001/telemetry"
    #expect(try site.curl(position, certificate: "site").text.contains("\"position\":0"))
    #expect(try site.curl("/v1/gateways").text.contains("gateways"))
  }

  private func metric(_ name: String) throws -> Int? {
    let text = try site.run("curl", ["--silent", "http://127.0.0.1:\(site.metricsPort)/metrics"]).text
    return text.split(separator: "\n").first { $0.hasPrefix("fieldgate_central_" + name) }
      .flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
  }

  /// The most memory that central ever had, in MiB.
  private func peakMebibytes() throws -> Int {
    let pid = try #require(site.central?.pid)
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return (Int(line.split(whereSeparator: \.isWhitespace)[1]) ?? 0) / 1_024
  }

  @Test(
    "Bodies that are not finished take bounded memory; what is too much is told to come later, and all is given back")
  func bodies() async throws {
    // 80 times 4 MiB are 320 MiB, and 256 MiB are allowed.
    let held = try clients("bodies", 80)
    try await isReady(held)
    _ = try await eventually("refusals", timeout: .seconds(60)) {
      // A client that still sends may see the connection's end before the answer.
      held.standardOutput.components(separatedBy: "closed").count > 10 ? true : nil
    }
    #expect(try metric("refused_total{reason=\"memory\"}") ?? 0 > 10)
    #expect(try metric("body_bytes") ?? 0 <= 256 << 20)
    #expect(try peakMebibytes() < 900)
    // No body, so no memory: served all the same.
    try expectService()
    _ = held.kill()
    _ = try await eventually("the memory given back", timeout: .seconds(60)) {
      try metric("body_bytes") == 0 ? true : nil
    }
  }

  @Test("Two thousand idle connections leave room for a gateway and an operator")
  func idle() async throws {
    let idle = try clients("idle", 2_000)
    try await isReady(idle)
    try expectService()
    #expect(idle.isRunning)
  }

  @Test("Whoever connects and says nothing, or a byte a second, is shut out", arguments: ["silent", "header"])
  func slow(_ mode: String) async throws {
    let slow = try clients(mode, 20)
    try await isReady(slow)
    try expectService()
    _ = try await eventually("the end of all connections", timeout: .seconds(100)) {
      slow.standardOutput.components(separatedBy: "closed").count == 21 ? true : nil
    }
  }

  @Test("A head that is too large is refused, and so are bodies and names out of bounds")
  func sizes() throws {
    let large = ["--header", "X-Large: " + String(repeating: "a", count: 20_000)]
    let answer = try site.curl("/v1/gateways", ["--write-out", "%{http_code}"] + large)
    #expect(!answer.text.hasSuffix("200"))
    let file = try site.temporary.write("large", String(repeating: "x", count: (4 << 20) + 1))
    let body = try site.curl(
      "/v1/batches", certificate: "site", ["--data-binary", "@\(file)", "--write-out", "%{http_code}"])
    #expect(body.text.hasSuffix("413"), "\(body)")
    try expectService()
  }

  @Test("Names with signs of SQL, of paths and of formats are names that nobody has")
  func names() throws {
    for name in ["x'%20OR%201=1--", "..%2f..%2fetc%2fpasswd", "%3Cscript%3E", "a%00b", "%F0%9F%92%A5", "%25s%25n", "-"]
    {
      for path in [
        "/v1/gateways/\(name)/latest", "/v1/gateways/\(name)/samples?tag=\(name)", "/v1/gateways/\(name)/alarms",
        "/v1/gateways/site/samples?tag=\(name)/\(name)", "/v1/gateways/\(name)/losses",
      ] {
        let answer = try site.curl(path, ["--path-as-is", "--write-out", "\n%{http_code}"])
        let status = Int(answer.text.split(separator: "\n").last ?? "") ?? 0
        #expect((200...499).contains(status), "\(path): \(answer.text)")
        #expect(!answer.text.contains("SQL"), "\(path): \(answer.text)")
      }
    }
    #expect(try site.verifyCentral().problems == [])
    try expectService()
  }
}
