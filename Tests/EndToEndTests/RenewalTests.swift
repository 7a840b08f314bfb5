import FieldgateTestKit
import Foundation
import Testing

/// The daemon and `fieldgate enroll` with certificates that live for a minute, against a small EST server that follows
/// serials as central does.
@Suite("Identity of the running gateway", .inASiteSlot)
struct RenewalTests {
  private let site: Site
  private let responder: ChildProcess
  private let port: Int
  private let root: String

  init() async throws {
    let site = try Site()
    self.site = site
    _ = try site.temporary.directory("est")
    let secret = "0123-4567-89ab-cdef-ghjk-mnpq-rs"
    _ = try site.temporary.write("est/secret", secret)
    let responder = try ChildProcess(
      "python3", [Site.root + "/Tests/GatewayClientTests/est_responder.py", site.path("est"), "--seconds", "60"])
    self.responder = responder
    let words = try await eventually("the responder", timeout: .seconds(120)) { () -> [Substring]? in
      guard responder.isRunning else { throw TestKitError("the responder ended: \(responder.standardError)") }
      let words = responder.standardOutput.split(whereSeparator: \.isWhitespace)
      return words.count == 3 ? words : nil
    }
    port = try #require(Int(words[1]))
    root = String(words[2])
    site.moreSections = "central: { url: \"https://127.0.0.1:\(port)\", identity: \(site.path("identity")) }"
    try site.writeConfiguration(hasCentral: false)
  }

  /// A ticket as text: the check sum is Python's `binascii.crc_hqx`, as in the table of ``TicketTests``.
  private func enrol(secret: String = "0123-4567-89ab-cdef-ghjk-mnpq-rs", isRefused: Bool = false) throws {
    let end = ISO8601DateFormatter().string(from: Date().addingTimeInterval(3_600))
    let fields = """
      gateway: site
      url: https://127.0.0.1:\(port)
      ca: sha256:\(root)
      secret: \(secret)
      expires: \(end)

      """
    let sum = try site.run(
      "python3", ["-c", "import binascii,sys; print('%04x' % binascii.crc_hqx(sys.argv[1].encode(), 0xffff))", fields])
    _ = try site.temporary.write("ticket", "fieldgate ticket 1\n\(fields)check: \(sum.text)")
    let output = try site.run(
      Executable.built("fieldgate"), ["enroll", site.path("ticket"), "--configuration", site.path("gateway.yaml")],
      mustSucceed: !isRefused)
    #expect(output.text.contains(isRefused ? "not enrolled: " : "enrolled: gateway site"), "\(output.text)")
    if !isRefused, site.gateway?.isRunning == true {
      #expect(!output.text.contains("reload"), "the daemon sees it by itself: \(output.text)")
    }
  }

  private struct Central: Decodable {
    struct Certificate: Decodable {
      var state: String
      var serial: String?
      var problem: String?
    }
    var state: String
    var detail: String?
    var certificate: Certificate?
  }

  private func central() -> Central? {
    struct Status: Decodable { var central: Central }
    guard let output = try? site.fieldgate("status", "--json") else { return nil }
    return (try? JSONDecoder().decode([String: Status].self, from: Data(output.text.utf8)))?["status"]?.central
  }

  private func serial(other than: String?) async throws -> String {
    try await eventually("another certificate", timeout: .seconds(150)) {
      guard let serial = central()?.certificate?.serial, serial != than else { return nil }
      return serial
    }
  }

  /// What the gateway asked for with this certificate is answered, so its sender uses it.
  private func expectUse(_ serial: String) async throws {
    _ = try await eventually("requests with \(serial)", timeout: .seconds(60)) {
      central()?.state != "not enrolled" && responder.standardError.contains("serial \(serial) current") ? true : nil
    }
  }

  @Test("A gateway waits for its ticket, then connects and renews without a restart, and comes back when allowed")
  func life() async throws {
    try site.startGateway()
    _ = try await eventually("the state") { central()?.state == "not enrolled" ? true : nil }
    #expect(central()?.detail?.contains("fieldgate enroll") == true)
    #expect(try site.fieldgate("status").text.contains("central  not enrolled"))
    try enrol()
    let first = try await serial(other: nil)
    try await expectUse(first)
    #expect(try site.fieldgate("status").text.contains("identity certificate until"))
    let pid = site.gateway?.pid

    // A ticket that is refused leaves nothing that the daemon could take for a renewal.
    try enrol(secret: "rs01-2345-6789-abcd-efgh-jkmn-pq", isRefused: true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: site.path("identity")).count { Int($0) != nil } == 1)
    #expect(central()?.certificate?.serial == first && central()?.certificate?.problem == nil)

    _ = try site.temporary.write("est/denied", "")
    _ = try await eventually("the denial in the certificate's state", timeout: .seconds(150)) {
      central()?.certificate?.problem?.contains("has been denied at central") == true ? true : nil
    }
    unlink(site.path("est/denied"))
    let second = try await serial(other: first)
    try await expectUse(second)
    _ = try await eventually("the old directory's end", timeout: .seconds(60)) {
      let names = try FileManager.default.contentsOfDirectory(atPath: site.path("identity"))
      return names.count { Int($0) != nil } == 1 ? true : nil
    }
    #expect(central()?.certificate?.problem == nil)
    #expect(site.gateway?.pid == pid && site.gateway?.isRunning == true, "without a restart")
    #expect(site.log("gateway").contains("central is reached with the new certificate from now on"))
    #expect(try site.stopGateway() == .code(0))
  }

  @Test(
    "A gateway that is killed at a step of its renewal goes on with it at its next start",
    arguments: ["renewal-before", "renewal-after", "next", "proven"])
  func killed(_ step: String) async throws {
    try enrol()
    try site.startGateway()
    let first = try await serial(other: nil)
    _ = try site.temporary.write("est/hold-\(step)", "")
    _ = try await eventually("the step", timeout: .seconds(150)) {
      responder.standardError.contains("holding \(step)") ? true : nil
    }
    site.killGateway()
    unlink(site.path("est/hold-\(step)"))
    try site.startGateway()
    try await expectUse(try await serial(other: first))
  }
}

/// A daemon whose certificate ended while it was off, at a real central.
@Suite("Late renewal", .inASiteSlot)
struct LateRenewalTests {
  @Test("It comes back by itself once its site allows it, and says until then what to do")
  func comesBack() async throws {
    let site = try Site()
    let port = try FreePort.find()
    try await site.startOwnCentral("--certificate-life", "60s", "--late-renewal-listen", "127.0.0.1:\(port)")
    site.moreSections = """
      central:
        url: "https://127.0.0.1:\(site.centralPort)"
        identity: \(site.path("identity"))
        late-renewal-url: "https://127.0.0.1:\(port)"
      """
    try site.writeConfiguration(hasCentral: false)
    try site.enroll(try site.ticket("site", "--site", "North farm"))
    try await Task.sleep(for: .seconds(62))
    try site.startGateway()
    _ = try await eventually("what to do", timeout: .seconds(60)) {
      let text = try? site.fieldgate("status").text
      return text?.contains("ask central's operator to open late renewal for this gateway's site") == true ? true : nil
    }
    try site.central("site", "late-renewal", "North farm", "--for", "1h")
    _ = try await eventually("the gateway to be online", timeout: .seconds(60)) {
      try site.fieldgate("status", "--json").text.contains("\"state\":\"online\"") ? true : nil
    }
    #expect(try site.member("site").renewedLate != nil)
    #expect(try site.stopGateway() == .code(0))
  }
}
