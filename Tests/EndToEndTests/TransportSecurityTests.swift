import FieldgateTestKit
import Foundation
import Testing

@Suite("Who may talk to central", .inASiteSlot)
struct TransportSecurityTests {
  @Test(
    "No certificate, another CA's and an expired one are refused by TLS; a gateway may not read, an operator not send")
  func certificates() async throws {
    let site = try Site()
    try site.run(Site.root + "/Scripts/dev-certificates", [site.path("tls"), "--gateway", "site", "--expired", "old"])
    try site.run(Site.root + "/Scripts/dev-certificates", [site.path("other"), "--gateway", "site"])
    try await site.startCentral()

    #expect(try site.curl("/v1/gateways", ["--fail"]).status == 0)
    // curl: 35 is a failed handshake, 56 one that the server ended after it (TLS 1.3 reports it with the first read).
    #expect([35, 55, 56].contains(try site.curl("/v1/gateways", certificate: nil).status))
    #expect([35, 55, 56].contains(try site.curl("/v1/gateways", certificate: "old").status))
    let foreign = ["--cert", site.path("other/site.pem"), "--key", site.path("other/site.key")]
    #expect([35, 55, 56].contains(try site.curl("/v1/gateways", certificate: nil, foreign).status))

    let position = "/v1/positions/00000000000000000000000000000001/telemetry"
    #expect(try site.curl(position, certificate: "site").text == #"{"position":0}"#)
    #expect(try site.curl("/v1/gateways", certificate: "site").text.contains("OU=operator"))
    #expect(try site.curl(position, certificate: "operator").text.contains("OU=gateway"))
    let post = try site.curl("/v1/batches", certificate: "operator", ["--data-binary", "x"])
    #expect(post.text.contains("forbidden"))
    let refusals = site.log("central").split(separator: "\n").filter { $0.contains("refused ") }
    #expect(refusals.count == 2, "one line a name, and not one a request: \(refusals)")
    #expect(refusals.contains { $0.contains("refused site at 127.0.0.1: this needs a certificate with OU=operator") })

    let handshake = try site.run(
      "openssl",
      ["s_client", "-connect", "127.0.0.1:\(site.centralPort)", "-CAfile", site.path("tls/ca.pem"), "-tls1_2"],
      mustSucceed: false)
    #expect(handshake.status != 0)
    #expect((handshake.errors + handshake.text).contains("alert"))
    let old = try site.run(
      "openssl",
      ["s_client", "-connect", "127.0.0.1:\(site.centralPort)", "-CAfile", site.path("tls/ca.pem"), "-tls1_1"],
      mustSucceed: false)
    #expect(old.status != 0, "TLS 1.1 must not be spoken")
  }

  @Test("A port that is taken is named, with its option, in one line")
  func takenPort() async throws {
    let site = try Site()
    try await site.startCentral()
    for (option, port) in [("--listen", site.centralPort), ("--metrics-listen", site.metricsPort)] {
      let arguments = [
        "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data", site.path("second"), "--ca",
        site.path("tls/ca.pem"), "--certificate", site.path("tls/central.pem"), "--key", site.path("tls/central.key"),
        option, "127.0.0.1:\(port)",
      ]
      let second = try site.run(Executable.built("fieldgate-central"), arguments, mustSucceed: false)
      #expect(second.status == 1)
      let lines = second.errors.split(separator: "\n")
      #expect(lines.count == 1, "\(lines)")
      #expect(second.errors.contains("cannot listen on 127.0.0.1:\(port) (\(option)): Address already in use; another"))
    }
  }

  @Test("Requests that are wrong get an answer that says what is wrong, and store nothing")
  func wrongRequests() async throws {
    let site = try Site()
    try await site.startCentral()
    try Data("FGB1 but no batch".utf8).write(to: URL(fileURLWithPath: site.path("junk")))
    let junk = try site.curl("/v1/batches", certificate: "site", ["--data-binary", "@" + site.path("junk")])
    #expect(junk.text.contains("bad-batch"))
    let empty = try site.curl("/v1/batches", certificate: "site", ["--data-binary", ""])
    #expect(empty.text.contains("bad-request"))
    _ = FileManager.default.createFile(atPath: site.path("large"), contents: Data(count: 5 << 20))
    let large = try site.curl(
      "/v1/batches", certificate: "site", ["-H", "Expect:", "--data-binary", "@" + site.path("large")])
    #expect(large.text.contains("too-large"))
    #expect(
      try site.curl("/v1/positions/nonsense/telemetry", certificate: "site").text.contains("/v1/positions/EPOCH/LANE"))
    #expect(try site.curl("/v1/gateways/nobody/latest").text.contains("unknown-gateway"))
    #expect(try site.curl("/v1/alarms?form=1").text.contains("did you mean 'from'?"))
    #expect(try site.curl("/v1/alarms?limit=0").text.contains("1 to 100000"))
    site.stopCentral()
    #expect(try site.verifyCentral().lanes.isEmpty)
  }
}
