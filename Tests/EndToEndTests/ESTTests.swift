import FieldgateTestKit
import Foundation
import Testing

/// Central's EST server with clients that others wrote: curl with openssl, and strongSwan's pki.
@Suite("EST at central", .inASiteSlot)
struct ESTTests {
  private let site: Site

  init() throws { site = try Site() }

  private func url(_ path: String) -> String { "https://localhost:\(site.centralPort)/.well-known/est/\(path)" }

  /// A key and a request of it in base 64 with line breaks, as openssl writes it.
  private func request(_ key: String, name: String = "site") throws {
    try site.run(
      "openssl",
      [
        "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
        site.path(key + ".key"),
        "-subj", "/CN=\(name)", "-outform", "DER", "-out", site.path(key + ".der"),
      ])
    try site.run("openssl", ["base64", "-e", "-in", site.path(key + ".der"), "-out", site.path(key + ".b64")])
  }

  private struct Answer {
    var status: Int
    var code: String?
    var retryAfter: Int?
    var body: String
  }

  private func curl(_ path: String, _ more: [String], port: Int? = nil) throws -> Answer {
    let output = try site.run(
      "curl",
      [
        "--silent", "--show-error", "--max-time", "20", "--include", "--cacert", site.path("own-ca.pem"),
        "--header", "Content-Type: application/pkcs10",
      ] + more + ["https://localhost:\(port ?? site.centralPort)\(path)"])
    let parts = output.text.components(separatedBy: "\r\n\r\n")
    let head = parts[0].split(separator: "\r\n")
    let field = { (name: String) in
      head.first { $0.lowercased().hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
    }
    return Answer(
      status: Int(head[0].split(separator: " ")[1]) ?? 0, code: field("fieldgate-error"),
      retryAfter: field("retry-after").flatMap { Int($0) }, body: parts.dropFirst().joined())
  }

  private func enrol(_ key: String, _ secret: String, name: String = "site") throws -> Answer {
    try curl(
      "/.well-known/est/simpleenroll", ["--user", "\(name):\(secret)", "--data-binary", "@\(site.path(key)).b64"])
  }

  /// Writes the certificate of an answer as `NAME.pem`, verified by openssl.
  private func keep(_ answer: Answer, _ name: String) throws {
    #expect(answer.status == 200, "\(answer)")
    #expect(!answer.body.contains("\n"), "one line, as RFC 8951 has it")
    let der = try #require(Data(base64Encoded: answer.body))
    try der.write(to: URL(fileURLWithPath: site.path(name + ".p7")))
    try site.run(
      "openssl",
      ["pkcs7", "-inform", "DER", "-in", site.path(name + ".p7"), "-print_certs", "-out", site.path(name + ".pem")])
    try site.run(
      "openssl", ["verify", "-purpose", "sslclient", "-CAfile", site.path("own-ca.pem"), site.path(name + ".pem")])
  }

  private func certificate(_ name: String, key: String) -> [String] {
    ["--cert", site.path(name + ".pem"), "--key", site.path(key + ".key")]
  }

  @Test("curl enrols once; a lost answer is repeated; another key, another name and a second ticket are judged as said")
  func curl() async throws {
    try await site.startOwnCentral()
    let ticket = try site.ticket()
    let secret = Site.secret(ticket)
    for name in ["a", "b"] { try request(name) }
    try request("other", name: "barn-8")
    #expect(try enrol("other", secret).code == "name_mismatch")
    #expect(try enrol("a", secret, name: "barn-8").code == "ticket_unknown")
    #expect(try enrol("a", "0000-0000-0000-0000-0000-0000-00").code == "ticket_unknown")
    let first = try enrol("a", secret)
    try keep(first, "first")
    #expect(try enrol("a", secret).body == first.body, "a lost answer")
    let replay = try enrol("b", secret)
    #expect(replay.status == 403 && replay.code == "ticket_used")
    #expect(try site.central("audit").text.contains("ticket-reused"))

    #expect(try curl("/.well-known/est/csrattrs", []).status == 204)
    let bare = try curl("/.well-known/est/simplereenroll", ["--data-binary", "@\(site.path("b")).b64"])
    #expect(bare.status == 401, "without a certificate")
    let next = try curl(
      "/.well-known/est/simplereenroll", certificate("first", key: "a") + ["--data-binary", "@\(site.path("b")).b64"])
    try keep(next, "next")
    #expect(try site.member("site").certificates.map(\.state) == ["next", "current"])
    #expect(try curl("/v1/certificate/proven", certificate("next", key: "b") + ["--data", ""]).status == 204)
    #expect(try site.member("site").certificates.map(\.state) == ["current"])
    let position = "/v1/positions/00000000000000000000000000000001/telemetry"
    #expect(try curl(position, certificate("first", key: "a")).code == "serial_unknown")
    #expect(try curl(position, certificate("next", key: "b")).status == 200)
    try keep(try enrol("a", Site.secret(try site.ticket())), "second")
    #expect(
      try curl(position, certificate("next", key: "b")).code == "serial_unknown", "a new ticket closes the old ones")
    try site.central("gateway", "retire", "site")
    #expect(try curl(position, certificate("second", key: "a")).code == "gateway_retired")
  }

  @Test("Requests that are none are refused with a reason, and many wrong tickets have to wait")
  func refused() async throws {
    try await site.startOwnCentral()
    let secret = Site.secret(try site.ticket())
    let user = ["--user", "site:\(secret)"]
    for body in ["", "not base 64 !", "AAAA", String(repeating: "A", count: 40_000)] {
      let path = try site.temporary.write("body", body)
      let answer = try curl("/.well-known/est/simpleenroll", user + ["--data-binary", "@\(path)"])
      #expect(answer.status == 400 && answer.code == "bad_request", "\(body.prefix(20)): \(answer)")
    }
    try site.run(
      "openssl",
      [
        "req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", site.path("weak.key"), "-subj", "/CN=site",
        "-outform",
        "DER", "-out", site.path("weak.der"),
      ])
    try site.run("openssl", ["base64", "-e", "-in", site.path("weak.der"), "-out", site.path("weak.b64")])
    #expect(try enrol("weak", secret).code == "key_refused")
    try request("a")
    var last: Answer?
    for _ in 0..<25 { last = try enrol("a", "0000-0000-0000-0000-0000-0000-00") }
    #expect(last?.status == 429 && last?.code == "too_many_attempts" && (1...60).contains(last?.retryAfter ?? 0))
    #expect(try enrol("a", secret).status == 429, "the good one waits as well")
  }

  @Test("strongSwan's pki fetches the certificates, enrols and renews")
  func strongSwan() async throws {
    try await site.startOwnCentral()
    let secret = Site.secret(try site.ticket())
    let root = site.path("data/authority/root.pem")
    let base = ["--url", "https://localhost:\(site.centralPort)", "--cacert", root]
    try site.run("pki", ["--estca"] + base + ["--caout", site.path("got"), "--outform", "pem"])
    #expect(
      try site.run("openssl", ["x509", "-in", site.path("got.pem"), "-noout", "-subject"]).text.contains(
        "Fieldgate root"))
    let issuing = ["--cacert", site.path("data/authority/issuing.pem")]
    for (key, more) in [
      ("a", ["--userpass", "site:\(secret)"]),
      ("b", ["--cert", site.path("a.pem"), "--key", site.path("a.key")]),
    ] {
      try request(key)
      let output = try site.run(
        "pki", ["--est", "--in", site.path(key + ".der"), "--outform", "pem"] + base + issuing + more)
      _ = try site.temporary.write(key + ".pem", output.text)
      try site.run("openssl", ["verify", "-CAfile", site.path("own-ca.pem"), site.path(key + ".pem")])
    }
    #expect(try site.member("site").certificates.map(\.state) == ["next", "current"])
  }

  @Test("A certificate that has ended is renewed on its own listener, when its site allows it, and shown")
  func late() async throws {
    let port = try FreePort.find()
    try await site.startOwnCentral("--certificate-life", "60s", "--late-renewal-listen", "127.0.0.1:\(port)")
    try request("a")
    try keep(try enrol("a", Site.secret(try site.ticket("site", "--site", "North farm"))), "first")
    try request("b")
    let body = ["--data-binary", "@\(site.path("b")).b64"]
    try await Task.sleep(for: .seconds(62))
    let usual = try? curl("/.well-known/est/simplereenroll", certificate("first", key: "a") + body)
    #expect(usual == nil, "the usual listener ends the handshake")
    let closed = try curl("/.well-known/est/simplereenroll", certificate("first", key: "a") + body, port: port)
    #expect(closed.code == "serial_unknown", "closed by default: \(closed)")
    try site.central("site", "late-renewal", "North farm", "--for", "1h")
    #expect(
      try curl("/v1/gateways", certificate("first", key: "a"), port: port).status == 404, "nothing else is served there"
    )
    try keep(try curl("/.well-known/est/simplereenroll", certificate("first", key: "a") + body, port: port), "late")
    let position = "/v1/positions/00000000000000000000000000000001/telemetry"
    #expect(try curl(position, certificate("late", key: "b")).status == 200)
    #expect(try site.member("site").renewedLate != nil)
    let list = try site.central("gateway", "list").text
    #expect(list.contains("renewed after its end") && list.contains("! site North farm: late renewal is open until"))
    // A certificate of another authority is no better there.
    let foreign = try? curl(
      "/.well-known/est/simplereenroll",
      ["--cert", site.path("tls/site.pem"), "--key", site.path("tls/site.key")] + body, port: port)
    #expect(foreign == nil)
  }
}
