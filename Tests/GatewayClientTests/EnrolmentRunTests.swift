import Enrolment
import FieldgateTestKit
import Foundation
import GatewayClient
import GatewayIdentity
import Telemetry
import Testing

/// `fieldgate enroll` against a small EST server, with everything that can be wrong on the way.
@Suite("Enrolment of a gateway")
struct EnrolmentRunTests {
  private let temporary: TemporaryDirectory
  private let children = Children()
  private let secret = EnrolmentSecret(random: Array(1...17))

  init() throws {
    temporary = try TemporaryDirectory("enrol")
    _ = try temporary.write(
      "gateway.yaml",
      """
      # the barn's
      gateway:   barn-7
      buses: [{ name: plc, type: modbus-tcp, host: 192.0.2.10 }]
      devices: [{ name: press, bus: plc, unit: 1, every: 1s, tags: [{ name: parts, holding: 0 }] }]
      """)
    _ = try temporary.directory("est")
    _ = try temporary.write("est/secret", secret.text)
  }

  /// A child ends when nobody holds it.
  private final class Children { var all: [ChildProcess] = [] }

  private struct Responder {
    var child: ChildProcess
    var port: Int
    var root: Digest
  }

  private func responder(_ options: String...) throws -> Responder {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/est_responder.py"
    let child = try ChildProcess("python3", [script, temporary("est")] + options)
    children.all.append(child)
    let words = try waitFor("the responder", timeout: .seconds(120)) { () -> [Substring]? in
      guard child.isRunning else { throw TestKitError("the responder ended: \(child.standardError)") }
      let words = child.standardOutput.split(whereSeparator: \.isWhitespace)
      return words.count == 3 ? words : nil
    }
    return Responder(
      child: child, port: try #require(Int(words[1])), root: try #require(Digest(words[2])))
  }

  private func ticket(
    _ responder: Responder, gateway: String = "barn-7", host: String = "127.0.0.1", port: Int? = nil,
    root: Digest? = nil, expiresIn seconds: Int64 = 3_600
  ) -> String {
    Ticket(
      gateway: gateway, url: "https://\(host):\(port ?? responder.port)", root: root ?? responder.root, secret: secret,
      expires: Timestamp(milliseconds: (Int64(time(nil)) + seconds) * 1_000)
    ).text
  }

  private struct Report: Decodable {
    var enrolled: Bool
    var error: String?
    var message: String?
    var next: [String]?
    var serial: String?
    var configuration: String?
  }

  private func enrol(
    _ ticket: String, proxy: String? = nil, isDryRun: Bool = false, clock: @escaping () -> Int64 = { Int64(time(nil)) }
  ) throws -> Report {
    let options = EnrolmentRun.Options(
      configuration: temporary("gateway.yaml"), identity: temporary("identity"), proxy: proxy, isDryRun: isDryRun,
      printsJSON: true)
    var lines: [String] = []
    let isGood = EnrolmentRun(options: options, clock: clock) { lines.append($0) }.run(ticket: ticket)
    let report = try JSONDecoder().decode(Report.self, from: Data(try #require(lines.last).utf8))
    #expect(isGood == (report.error == nil), "\(report)")
    #expect(lines.count == 1)
    return report
  }

  private var directory: IdentityDirectory { IdentityDirectory(temporary("identity")) }

  /// What is wrong has its own code, words and next step, and leaves neither identity nor another configuration.
  private func expectFailure(_ report: Report, _ code: String, _ words: String) throws {
    #expect(report.error == code, "\(report)")
    #expect(report.message?.contains(words) == true, "\(report)")
    #expect(report.next?.first?.isEmpty == false, "\(report)")
    #expect(directory.currentNumber == nil)
    #expect(try !temporary.read("gateway.yaml").contains("central"))
  }

  @Test("a ticket gives a certificate, files that only the owner reads, and a configuration with all its lines")
  func good() throws {
    let responder = try responder()
    let before = try temporary.read("gateway.yaml")
    chmod(temporary("gateway.yaml"), 0o640)
    #expect(try enrol(ticket(responder), isDryRun: true).enrolled == false)
    #expect(access(temporary("identity"), F_OK) != 0)
    let report = try enrol(ticket(responder))
    #expect(report.enrolled && report.configuration == "written")
    let number = try #require(directory.currentNumber)
    #expect(directory.slot(number).certificate?.serial == report.serial)
    #expect(directory.slots().count == 1)
    for (name, mode) in [("identity", 0o700), ("identity/current/key.pem", 0o600), ("gateway.yaml", 0o640)] {
      var status = stat()
      #expect(stat(temporary(name), &status) == 0 && status.st_mode & 0o777 == mode, "\(name)")
    }
    let after = try temporary.read("gateway.yaml")
    #expect(after.hasPrefix(before + "\n") && after.contains("central:\n  url: \"https://127.0.0.1:"))
    var lines: [String] = []
    #expect(ConfigurationCheck.run(path: temporary("gateway.yaml"), json: false) { lines.append($0) })
    // Made without OU, which this small server leaves out.
    #expect(lines.filter { $0.contains("warning") && !$0.contains("OU") && !$0.contains("user fieldgate") } == [])

    // The same ticket again: another key is refused, and the person is told that all is well.
    let again = try enrol(ticket(responder))
    #expect(again.error == "ticket_used" && again.message?.contains("is enrolled already") == true, "\(again)")
    #expect(directory.currentNumber == number)
  }

  @Test("a try whose answer was lost, or that ended before the swap, goes on with the same ticket and key")
  func resumed() throws {
    let responder = try responder()
    mkdir(temporary("identity"), 0o700)
    let number = try directory.makeSlot()
    let key = try temporary.read("identity/\(number)/key.pem")
    #expect(try enrol(ticket(responder)).enrolled)
    #expect(try temporary.read("identity/current/key.pem") == key)

    unlink(temporary("identity/current"))
    let report = try enrol(ticket(responder))
    #expect(report.enrolled && directory.currentNumber == number, "\(report)")
    let requests = responder.child.standardError.split(separator: "\n").filter { $0.contains("simpleenroll") }
    #expect(requests.count == 1, "the certificate was there")
  }

  @Test("a configuration that is not there uses no ticket up, and one with mistakes is left as it is")
  func badConfiguration() throws {
    let responder = try responder()
    let good = try temporary.read("gateway.yaml")
    let broken = good + "rulez: []\n"
    _ = try temporary.write("gateway.yaml", broken)
    let report = try enrol(ticket(responder))
    #expect(report.enrolled && report.configuration == "left", "\(report)")
    #expect(report.next?.first?.contains("has mistakes") == true)
    #expect(try temporary.read("gateway.yaml") == broken)

    unlink(temporary("gateway.yaml"))
    let absent = try enrol(ticket(responder))
    #expect(absent.error == "no_configuration" && absent.next?.first?.contains("not used up") == true, "\(absent)")
    #expect(try enrol(ticket(responder), isDryRun: true).error == "no_configuration")
  }

  @Test(
    "what central refuses is said in its own words",
    arguments: [
      "ticket_unknown", "ticket_expired", "ticket_used", "gateway_denied", "gateway_retired", "name_mismatch",
      "bad_request",
      "key_refused", "too_many_attempts",
    ])
  func refusals(_ code: String) throws {
    let refusal = try #require(EnrolmentRefusal(rawValue: code))
    try expectFailure(try enrol(ticket(try responder("--mode", code))), code, refusal.message)
    #expect(directory.slots().isEmpty == !refusal.isPassing, "a key stays where the same ticket may do later")
    let marks = directory.slots().map(\.isOfEnrolment)
    #expect(!marks.contains(false), "and is known as one that is no renewal")
  }

  @Test("a login page, a redirect and a stranger's certificate are recognised")
  func impostors() throws {
    try expectFailure(try enrol(ticket(try responder("--mode", "html"))), "captive_portal", "page for browsers")
    try expectFailure(try enrol(ticket(try responder("--mode", "redirect"))), "captive_portal", "http://login.example/")
    try expectFailure(try enrol(ticket(try responder("--mode", "stranger"))), "identity_files", "another key")
    let other = Digest(bytes: Array(repeating: 7, count: 32))
    try expectFailure(try enrol(ticket(try responder(), root: other)), "root_mismatch", "another hash")
  }

  @Test("wrong addresses, wrong names and proxies are told apart")
  func network() throws {
    let responder = try responder()
    let closed = try FreePort.find()
    try expectFailure(try enrol(ticket(responder, port: closed)), "connection_refused", "is refused")
    try expectFailure(try enrol(ticket(responder, host: "no.such.host.invalid")), "name_not_found", "is not found")
    try expectFailure(try enrol(ticket(responder, host: "localhost")), "server_name_mismatch", "another host name")
    let proxy = try self.responder("--mode", "proxy")
    try expectFailure(
      try enrol(ticket(responder), proxy: "http://127.0.0.1:\(proxy.port)"), "proxy_refusal", "(403)")
    try expectFailure(
      try enrol(ticket(responder), proxy: "http://no.such.proxy.invalid:1"), "proxy_not_found", "proxy's host")
    try expectFailure(try enrol(ticket(responder, port: proxy.port)), "not_tls", "does not speak TLS")
  }

  @Test("a proxy that lets us through is used for everything, and written to the configuration")
  func throughProxy() throws {
    let responder = try responder()
    let proxy = try self.responder("--mode", "tunnel")
    let address = "http://127.0.0.1:\(proxy.port)"
    #expect(try enrol(ticket(responder), proxy: address).enrolled)
    #expect(
      try temporary.read("gateway.yaml").hasSuffix(
        "\n  identity: \"\(temporary("identity"))\"\n  proxy: \"\(address)\"\n"))
    let tunnels = proxy.child.standardError.split(separator: "\n").filter { $0.hasPrefix("CONNECT") }
    #expect(tunnels.count == 4, "certificates twice, enrolment and proof: \(tunnels)")
  }

  @Test("a clock that differs from central's is named before the ticket is used up, and so is an expired ticket")
  func clocks() throws {
    try expectFailure(try enrol(ticket(try responder("--skew", "900"))), "wrong_clock", "clock is wrong")
    try expectFailure(try enrol(ticket(try responder("--skew", "-9000000"))), "wrong_clock", "central's")
    let responder = try responder()
    try expectFailure(try enrol(ticket(responder)) { 86_400 }, "wrong_clock", "it shows 1970-01-02T00:00:00Z")
    let nextYear = { Int64(time(nil)) + 31_536_000 }
    try expectFailure(try enrol(ticket(responder), clock: nextYear), "wrong_clock", "and central's")
    try expectFailure(try enrol(ticket(responder, expiresIn: -5)), "ticket_expired", "it was good until")
    #expect(access(temporary("est/used"), F_OK) != 0)
  }

  @Test("another gateway's ticket, another central's, and a mistyped one are noticed before anything is sent")
  func mistakes() throws {
    let responder = try responder()
    try expectFailure(try enrol(ticket(responder, gateway: "barn-8")), "name_mismatch", "calls this one 'barn-7'")
    let text = ticket(responder)
    try expectFailure(
      try enrol(text.replacing("check: ", with: "check: 0")), "ticket_unreadable", "'check'")
    _ = try temporary.write(
      "gateway.yaml", try temporary.read("gateway.yaml") + "\ncentral: { url: \"https://other.example\" }\n")
    let report = try enrol(text)
    #expect(report.error == "url_mismatch", "\(report)")
    #expect(!responder.child.standardError.contains("cacerts"))
  }

  @Test("a denied gateway's proof fails with central's words, and the same ticket goes on when it is allowed")
  func denied() throws {
    let responder = try responder()
    _ = try temporary.write("est/denied", "")
    try expectFailure(try enrol(ticket(responder)), "gateway_denied", "has been denied")
    unlink(temporary("est/denied"))
    #expect(try enrol(ticket(responder)).enrolled)
  }

  @Test("a configuration that cannot be changed safely stays as it is, and the lines are shown")
  func strangeConfiguration() throws {
    let responder = try responder()
    let text = "{ gateway: barn-7, buses: [], devices: [] }\n"
    _ = try temporary.write("gateway.yaml", text)
    let report = try enrol(ticket(responder))
    #expect(report.enrolled && report.configuration == "left", "\(report)")
    #expect(report.next?.first?.contains("central:\n  url:") == true)
    #expect(try temporary.read("gateway.yaml") == text)
  }
}
