import FieldgateTestKit
import Foundation
import Testing

/// Central's own authority with the real gateway: from a ticket to values at central, renewals, denial and return.
@Suite("Enrolment at central", .inASiteSlot)
struct EnrolmentTests {
  private let site: Site

  init() throws { site = try Site() }

  private func audit() throws -> [String] {
    struct Log: Decodable {
      struct Entry: Decodable { var action: String }
      var entries: [Entry]
    }
    let text = try site.central("audit", "--last", "1000", "--json").text
    return try JSONDecoder().decode(Log.self, from: Data(text.utf8)).entries.map(\.action)
  }

  private struct Status: Decodable {
    struct Part: Decodable {
      struct Central: Decodable {
        var state: String
        var detail: String?
      }
      var central: Central
    }
    var status: Part
  }

  private func central() -> Status.Part.Central? {
    guard let output = try? site.fieldgate("status", "--json") else { return nil }
    return try? JSONDecoder().decode(Status.self, from: Data(output.text.utf8)).status.central
  }

  @Test(
    "A ticket brings a gateway's values to central; its certificate is renewed; denied it is shut out at once, allowed it returns"
  )
  func life() async throws {
    try site.startBroker()
    try await site.startOwnCentral("--certificate-life", "60s")
    try site.writeConfiguration(hasCentral: false)
    try site.enroll(try site.ticket())
    try site.startGateway()
    try await site.everyDeviceAtCentral()
    let first = try #require(try site.member("site").certificates.first)
    #expect(first.source == "ticket" && first.state == "current")

    // Renewed, proven and confirmed: one certificate is left, and it is another.
    _ = try await eventually("a renewal", timeout: .seconds(150)) {
      let open = try site.member("site").certificates
      return open.count == 1 && open[0].serial != first.serial ? true : nil
    }
    let log = try audit()
    for action in ["authority-made", "ticket-created", "enrolled", "renewed", "certificate-proven", "previous-closed"] {
      #expect(log.contains(action), "\(action)")
    }

    try site.central("gateway", "deny", "site", "--reason", "for a test")
    _ = try await eventually("the denial at the gateway", timeout: .seconds(60)) {
      central()?.detail?.contains("denied") == true ? true : nil
    }
    let before = try site.scanCounts("boiler").count
    let ticket = try site.central("ticket", "create", "site", mustSucceed: false)
    #expect(ticket.status == 1 && ticket.errors.contains("is denied"), "\(ticket.errors)")
    try site.central("gateway", "allow", "site")
    _ = try await eventually("values after the denial", timeout: .seconds(120)) {
      try site.scanCounts("boiler").count > before ? true : nil
    }
    #expect(try site.verifyCentral().problems == [])
    #expect(try site.stopGateway() == .code(0))
  }

  @Test("A copied card is seen: both boxes' samples are at central, unmixed, and the list of gateways says so")
  func copied() async throws {
    try site.startBroker()
    try await site.startOwnCentral()
    try site.writeConfiguration(hasCentral: false)
    try site.enroll(try site.ticket())
    try site.startGateway()
    try await site.everyDeviceAtCentral()
    #expect(try site.stopGateway() == .code(0))
    for name in ["outbox", "identity"] { try site.run("cp", ["-a", site.path(name), site.path("copied-" + name)]) }
    // The copy has sensors of its own on TCP, no broker, and the original's name, card and certificate.
    var text = try site.temporary.read("gateway.yaml")
    for (old, new) in [
      (site.path("outbox"), site.path("copied-outbox")), (site.path("identity"), site.path("copied-identity")),
      (site.path("gateway.sock"), site.path("copy.sock")), ("port: \(site.brokerPort)", "port: \(try FreePort.find())"),
    ] {
      #expect(text.contains(old))
      text = text.replacingOccurrences(of: old, with: new)
    }
    _ = try site.temporary.write("copy.yaml", text)
    try site.startGateway()
    let copy = try ChildProcess(
      Executable.built("fieldgated"), ["--configuration", site.path("copy.yaml")],
      standardOutput: .file(site.path("copy.log")), standardError: .file(site.path("copy.log")))
    _ = try await eventually("the copy in the list", timeout: .seconds(240)) {
      try site.central("gateway", "list").text.contains("! site: two stores measured under this name") ? true : nil
    }
    _ = try copy.terminate(timeout: .seconds(20))
    #expect(try site.stopGateway() == .code(0))
    let verification = try site.verifyCentral()
    #expect(verification.sound && verification.lanes.count { $0.lane == "telemetry" } >= 2)
    #expect(try site.central("gateway", "show", "site", "--json").text.contains("\"copies\":[{\"epochs\":["))
  }
}
