import FieldgateTestKit
import Foundation
import Testing

/// Operators at a central with accounts: tokens, passwords, roles.
@Suite("Operators at central", .inASiteSlot)
struct OperatorAccessTests {
  private let site: Site

  init() throws { site = try Site() }

  private func status(_ path: String, _ more: [String]) throws -> Int {
    let output = try site.curl(path, certificate: nil, ["--output", "/dev/null", "--write-out", "%{http_code}"] + more)
    return Int(output.text) ?? 0
  }

  private func bearer(_ token: String?) -> [String] { ["--header", "Authorization: Bearer \(token ?? "")"] }

  /// As a person would type it, through standard input.
  private func setPassword(_ name: String, _ password: String) throws -> Site.Output {
    try site.run(
      "bash",
      [
        "-c", "printf '%s\\n' \"$1\" | \"$2\" operator password \"$3\" --data \"$4\"", "set", password,
        Executable.built("fieldgate-central"), name, site.path("data"),
      ], mustSucceed: false)
  }

  @Test("Roles decide what a token may do, and a revoked one may do nothing at once")
  func roles() async throws {
    try await site.startOwnCentral()
    try site.central("operator", "add", "ben", "--role", "viewer")
    let ben = try site.central("token", "create", "ben").text.trimmingCharacters(in: .newlines)
    #expect(try status("/v1/gateways", bearer(ben)) == 200)
    let acknowledge = ["--data", "{\"acknowledge\":true}"]
    #expect(try status("/v1/gateways/site/alarms/x", bearer(ben) + acknowledge) == 403)
    #expect(
      try status("/v1/gateways/site/alarms/x", bearer(site.operatorToken) + acknowledge) == 404, "no such gateway")
    #expect(try status("/v1/gateways", []) == 401)
    #expect(try status("/v1/gateways", bearer("fgt_no-such-token")) == 401)
    try site.central("operator", "role", "ben", "operator")
    #expect(try status("/v1/gateways/site/alarms/x", bearer(ben) + acknowledge) == 404)
    try site.central("token", "revoke", "2")
    #expect(try status("/v1/gateways", bearer(ben)) == 401)
    let unknown = try site.central("operator", "remove", "nobody", mustSucceed: false)
    #expect(unknown.status == 1 && unknown.errors.contains("there is no operator 'nobody'"))
    // Over the API it is refused: AdministrationTests. Whoever is on the server can make another one.
    #expect(try site.central("operator", "remove", "anna").errors.contains("no administrator any more"))
    #expect(try status("/v1/gateways", bearer(site.operatorToken)) == 401)
  }

  @Test("Passwords: set through standard input, short ones refused, wrong ones have to wait")
  func passwords() async throws {
    try await site.startOwnCentral()
    let short = try setPassword("anna", "secret")
    #expect(short.status == 1 && short.errors.contains("12 to 256 bytes"))
    #expect(try setPassword("anna", "correct horse battery").status == 0)
    #expect(
      try !site.run("strings", [site.path("data/identity.sqlite")], mustSucceed: false).text.contains("correct horse"))
    #expect(try status("/v1/gateways", ["--user", "anna:correct horse battery"]) == 200)
    for _ in 0..<5 { #expect(try status("/v1/gateways", ["--user", "anna:wrong horse battery"]) == 401) }
    #expect(try status("/v1/gateways", ["--user", "anna:correct horse battery"]) == 429)
    #expect(try status("/v1/gateways", bearer(site.operatorToken)) == 200, "tokens go on")
  }

  @Test("A central that already has samples, and no authority, says what to do")
  func noAuthority() throws {
    let output = try site.central(
      "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", mustSucceed: false)
    #expect(output.status == 1 && output.errors.contains("fieldgate-central ca init"), "\(output.errors)")
    let ticket = try site.central("ticket", "create", "barn-7", mustSucceed: false)
    #expect(ticket.status == 1 && ticket.errors.contains("ca init"), "\(ticket.errors)")
    let half = try site.central("serve", "--ca", "x", mustSucceed: false)
    #expect(half.errors.contains("go together"))
  }
}

/// What the operator's commands do, over the API.
@Suite("Administration of central over the API", .inASiteSlot)
struct AdministrationTests {
  private let site: Site

  init() throws { site = try Site() }

  private func call(_ method: String, _ path: String, _ body: String? = nil) throws -> (status: Int, text: String) {
    var more = ["--request", method, "--write-out", "\n%{http_code}"]
    if let body { more += ["--data", body] }
    let lines = try site.curl("/v1/admin/" + path, more).text.components(separatedBy: "\n")
    return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
  }

  @Test(
    "A ticket made over the API enrols; the gateway is listed, denied and allowed; everything stands in the audit log")
  func wholeWay() async throws {
    try await site.startOwnCentral()
    try site.writeConfiguration(hasCentral: false)
    let url = "https://127.0.0.1:\(site.centralPort)"
    let made = try call("POST", "tickets", "{\"gateway\":\"site\",\"site\":\"North farm\",\"url\":\"\(url)\"}")
    #expect(made.status == 201)
    struct Ticket: Decodable { var ticket: String }
    try site.enroll(try JSONDecoder().decode(Ticket.self, from: Data(made.text.utf8)).ticket)
    #expect(
      try call("GET", "gateways").text.contains("\"name\":\"site\",\"site\":\"North farm\",\"state\":\"allowed\""))
    #expect(try call("POST", "gateways/site", "{\"state\":\"denied\",\"reason\":\"stolen\"}").status == 204)
    #expect(try site.member("site").state == "denied")
    let refused = try call("POST", "tickets", "{\"gateway\":\"site\"}")
    #expect(refused.status == 409 && refused.text.contains("is denied"))
    #expect(try call("POST", "gateways/site", "{\"state\":\"allowed\"}").status == 204)
    #expect(try call("POST", "gateways/site", "{\"state\":\"gone\"}").status == 400)
    #expect(try call("POST", "gateways/nobody", "{\"state\":\"denied\"}").status == 404)
    #expect(try call("POST", "late-renewals", "{\"site\":\"North farm\",\"seconds\":60}").status == 204)
    let log = try call("GET", "audit?limit=3").text
    #expect(log.contains("late-renewal-opened") && log.contains("\"who\":\"anna\"") && log.contains("gateway-allowed"))
  }

  @Test(
    "A ticket names where the service listens, or the address it was told; a name of central is not lost by mistake")
  func addresses() async throws {
    func url(_ ticket: String) -> Substring? {
      ticket.split(separator: "\n").first { $0.hasPrefix("url: ") }?.dropFirst(5)
    }
    try await site.startOwnCentral()
    #expect(try url(site.central("ticket", "create", "a").text) == "https://localhost:\(site.centralPort)")
    #expect(try url(site.central("ticket", "create", "b", "--url", "https://other").text) == "https://other")
    #expect(try call("POST", "tickets", "{\"gateway\":\"c\"}").text.contains("https://localhost:\(site.centralPort)"))
    let foreign = try site.central("ticket", "create", "f", "--url", "https://not.in.certificate:1")
    #expect(foreign.errors.contains("is no name in central's certificate (localhost, 127.0.0.1)"), "\(foreign.errors)")
    let second = try site.central(
      "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", mustSucceed: false)
    #expect(second.status == 1 && second.errors.contains("another fieldgate-central serves"), "\(second.errors)")
    try site.stopCentral()
    unlink(site.path("data/address"))
    let early = try site.central("ticket", "create", "d")
    #expect(url(early.text) == "https://localhost:8443" && early.errors.contains("has not run yet"), "\(early.errors)")
    site.ownAuthority = ["--url", "https://farms.example"]
    try await site.startCentral()
    #expect(try url(site.central("ticket", "create", "e").text) == "https://farms.example")

    let show = try site.central("ca", "server-names", "show", mustSucceed: false)
    #expect(show.status == 1 && show.errors.contains("localhost, 127.0.0.1 would not be a name"), "\(show.errors)")
    let names = try site.central("ca", "server-names", "localhost", "127.0.0.1", "farms.example").text
    #expect(names.contains("for localhost, 127.0.0.1, farms.example"), "\(names)")
    #expect(try site.central("ca", "server-names", "farms.example", "--drop").text.contains("for farms.example,"))
  }

  @Test("Accounts and tokens are made, changed and taken away; only administrators may")
  func accounts() async throws {
    try await site.startOwnCentral()
    let administrator = site.operatorToken
    #expect(try call("POST", "operators", "{\"name\":\"ben\",\"role\":\"operator\"}").status == 201)
    #expect(try call("POST", "operators", "{\"name\":\"ben\",\"role\":\"viewer\"}").status == 409)
    #expect(try call("POST", "operators", "{\"name\":\"b/n\",\"role\":\"viewer\"}").status == 400)
    #expect(try call("POST", "operators/ben", "{\"password\":\"short\"}").status == 409)
    let made = try call("POST", "operators/ben/tokens", "{\"label\":\"shift report\",\"seconds\":3600}")
    struct Token: Decodable { var token: String }
    site.operatorToken = try JSONDecoder().decode(Token.self, from: Data(made.text.utf8)).token
    for (method, path) in [
      ("GET", "tickets"), ("GET", "gateways"), ("GET", "operators"), ("GET", "tokens"), ("GET", "audit"),
      ("POST", "tickets"), ("POST", "operators"), ("POST", "operators/ben"), ("POST", "operators/ben/tokens"),
      ("POST", "gateways/site"), ("POST", "late-renewals"), ("DELETE", "tickets/1"), ("DELETE", "tokens/1"),
      ("DELETE", "operators/anna"),
    ] {
      #expect(try call(method, path).status == 403, "\(method) \(path)")
    }
    site.operatorToken = administrator
    #expect(try call("DELETE", "tokens/2").status == 204 && call("DELETE", "tokens/2").status == 404)
    #expect(try call("DELETE", "operators/ben").status == 204 && call("DELETE", "operators/ben").status == 404)
    let last = try call("DELETE", "operators/anna")
    #expect(last.status == 409 && last.text.contains("last administrator"), "\(last)")
    #expect(try call("POST", "operators/anna", "{\"role\":\"viewer\"}").status == 409)
  }
}
