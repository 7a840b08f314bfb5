import CCurl
import FieldgateTestKit
import Foundation
import GatewayCore
import Synchronization
import Testing

@testable import HTTPClient

/// What a technician reads when central cannot be reached, against libcurl and OpenSSL's own server.
@Suite("Why central cannot be reached")
struct TransferFailureTests {
  private let temporary: TemporaryDirectory
  private let port: Int
  private let path = "/v1/positions/00000000000000000000000000000001/telemetry"

  init() throws {
    temporary = try TemporaryDirectory("transfer")
    port = try FreePort.find()
    let script =
      URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path + "/Scripts/dev-certificates"
    let arguments = [temporary("tls"), "--gateway", "site", "--gateway", "second", "--expired", "old"]
    _ = try ChildProcess(script, arguments).output(timeout: .seconds(60))
    _ = try ChildProcess(script, [temporary("foreign")]).output(timeout: .seconds(60))
  }

  /// Central's stand-in, which demands certificates of a CA.
  private func server(_ name: String = "central", clientsOf authority: String = "tls/ca.pem") throws -> ChildProcess {
    let child = try ChildProcess(
      "openssl",
      [
        "s_server", "-accept", "\(port)", "-4", "-www", "-cert", temporary("tls/\(name).pem"), "-key",
        temporary("tls/\(name).key"), "-CAfile", temporary(authority), "-Verify", "1", "-verify_return_error",
      ], writesInput: true)
    try waitUntil("the server", seen: { child.standardError }) { child.standardOutput.contains("ACCEPT") }
    return child
  }

  /// The text of the failed request.
  private func failure(
    host: String = "127.0.0.1", ca: String = "tls/ca.pem", certificate: String = "tls/site.pem",
    key: String = "tls/site.key"
  ) throws -> String {
    let url = "https://\(host):\(port)"
    let outcome = Mutex<HTTPResult.Outcome?>(nil)
    let connection = try CentralConnection(
      endpoint: CentralEndpoint(
        url: url, authority: temporary(ca), certificate: temporary(certificate), key: temporary(key))
    ) { result in outcome.withLock { $0 = result.outcome } }
    defer { connection.stop() }
    connection.perform(HTTPRequest(identifier: 1, method: .get, path: path))
    let end = try waitFor("the outcome", timeout: .seconds(30)) { outcome.withLock { $0 } }
    guard case .failed(let text) = end else { throw TestKitError("answered: \(end)") }
    #expect(!text.contains(path), "\(text)")
    return text
  }

  @Test("nobody listens, or the host has no address")
  func connecting() throws {
    #expect(
      try failure().contains(
        "the connection to https://127.0.0.1:\(port) is refused: check that central is running there, and the port"))
    #expect(
      try failure(host: "no-such-host.invalid").contains(
        "the host of https://no-such-host.invalid:\(port) is not found"))
  }

  @Test("our own files")
  func ownFiles() throws {
    let child = try server()
    defer { child.kill() }
    let missing = "cannot be read (No such file or directory): put it there"
    #expect(try failure(key: "tls/none.key").contains("the private key \(temporary("tls/none.key")) \(missing)"))
    #expect(
      try failure(certificate: "tls/none.pem").contains("the certificate \(temporary("tls/none.pem")) \(missing)"))
    #expect(try failure(ca: "tls/none.pem").contains("the CA \(temporary("tls/none.pem")) \(missing)"))
    let mixed = try failure(key: "tls/second.key")
    #expect(mixed.contains("the private key \(temporary("tls/second.key")) is damaged or does not belong"), "\(mixed)")
    try "nonsense".write(toFile: temporary("tls/nonsense"), atomically: true, encoding: .utf8)
    let damaged = try failure(key: "tls/nonsense")
    #expect(damaged.contains("is damaged or does not belong"), "\(damaged)")
    let strange = try failure(certificate: "tls/nonsense")
    #expect(strange.contains("the certificate \(temporary("tls/nonsense")) cannot be used"), "\(strange)")
  }

  @Test("central's certificate: another CA's, another host's, an expired one")
  func centralsCertificate() throws {
    let child = try server()
    let foreign = try failure(ca: "foreign/ca.pem")
    #expect(foreign.contains("is not signed by the CA in \(temporary("foreign/ca.pem"))"), "\(foreign)")
    let host = try failure(host: "127.0.0.2")
    #expect(host.contains("central's certificate is for another host name"), "\(host)")
    child.kill()
    let request = ["req", "-new", "-key", temporary("tls/central.key"), "-subj", "/CN=past", "-out", temporary("csr")]
    _ = try ChildProcess("openssl", request).output()
    let signing = [
      "x509", "-req", "-in", temporary("csr"), "-CA", temporary("tls/ca.pem"), "-CAkey", temporary("tls/ca.key"),
      "-CAcreateserial", "-days", "-1", "-out", temporary("tls/past.pem"),
    ]
    _ = try ChildProcess("openssl", signing).output()
    try FileManager.default.copyItem(atPath: temporary("tls/central.key"), toPath: temporary("tls/past.key"))
    let expired = try server("past")
    defer { expired.kill() }
    let old = try failure()
    #expect(old.contains("central's certificate has expired"), "\(old)")
  }

  @Test("central refuses our certificate: another CA's, an expired one")
  func refused() throws {
    let child = try server(clientsOf: "foreign/ca.pem")
    let unknown = try failure()
    #expect(unknown.contains("central does not know the CA of the certificate"), "\(unknown)")
    child.kill()
    let second = try server()
    defer { second.kill() }
    let old = try failure(certificate: "tls/old.pem", key: "tls/old.key")
    #expect(old.contains("has expired, or is not valid yet"), "\(old)")
  }

  @Test(
    "what cannot be staged: a certificate of the future, a route that is gone, and words unknown here are passed on")
  func table() {
    let endpoint = CentralEndpoint(url: "https://c", authority: "/ca", certificate: "/pem", key: "/key")
    let future = TransferFailure(code: CURLE_PEER_FAILED_VERIFICATION, detail: "", verification: 9)
    #expect(future.text(endpoint) == "central's certificate is not valid yet: is this box's clock right?")
    let route = TransferFailure(code: CURLE_COULDNT_CONNECT, detail: "", systemError: ENETUNREACH)
    #expect(
      route.text(endpoint) == "no connection to https://c (Network is unreachable): check the network and the address")
    #expect(TransferFailure(code: CURLE_GOT_NOTHING, detail: "Empty reply").text(endpoint) == "Empty reply")
    let alert = TransferFailure(code: CURLE_RECV_ERROR, detail: "SSL routines::tlsv13 alert certificate required")
    #expect(alert.text(endpoint) == "central wants a certificate and got none: check the certificate /pem")
  }
}
