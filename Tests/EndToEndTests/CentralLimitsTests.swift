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
    #expect(["400", "431"].contains { answer.text.hasSuffix($0) }, "\(answer)")
    let file = try site.temporary.write("large", String(repeating: "x", count: (4 << 20) + 1))
    let body = try site.curl(
      "/v1/batches", certificate: "site", ["--data-binary", "@\(file)", "--write-out", "%{http_code}"])
    #expect(body.text.hasSuffix("413"), "\(body)")
    try expectService()
  }
}
