import FieldgateTestKit
import GatewayCore
import Testing

@testable import MQTTBroker

@Suite("A broker elsewhere")
struct BrokerSecurityTests {
  private func outcome(_ endpoint: MQTTEndpoint, _ part: String) async throws {
    let recorder = EventRecorder()
    let connection = try MQTTConnection(endpoint) { recorder.record($0) }
    defer { connection.stop() }
    let text = try await recorder.failure(part)
    #expect(!text.contains("\n") && text.count < 250, "\(text)")
  }

  @Test("With CA, certificate, user and password the gateway is let in and keeps to its topics")
  func letIn() async throws {
    let site = try SecureBroker(requiresCertificate: true)
    let recorder = EventRecorder()
    var endpoint = try site.endpoint()
    endpoint.will = .init(topic: "fieldgate/site/status", payload: [1])
    let connection = try MQTTConnection(endpoint, subscriptions: ["fieldgate/site/+/set"]) { recorder.record($0) }
    defer { connection.stop() }
    try await recorder.connected()
    _ = try await eventually("the subscription") {
      connection.statistics.subscriptions[0].state == .granted ? true : nil
    }
    for topic in ["fieldgate/site/boiler", "elsewhere"] {
      let message = OutgoingMessage(topic: topic, payload: [1], qualityOfService: .atLeastOnce)
      #expect(connection.publish(message) == .accepted)
    }
    _ = try await eventually("the refusal") { connection.statistics.refusedByBroker == 1 ? true : nil }
  }

  @Test("Each way to be kept out is told apart")
  func keptOut() async throws {
    let open = try SecureBroker()
    let strict = try SecureBroker(requiresCertificate: true)
    let plain = try Mosquitto()
    let files = open.files
    let good = try open.endpoint()
    let password = try TemporaryDirectory("passwords")
    try password.write("wrong", "wrong")
    func changed(_ endpoint: MQTTEndpoint, _ change: (inout MQTTEndpoint) -> Void) -> MQTTEndpoint {
      var endpoint = endpoint
      change(&endpoint)
      return endpoint
    }
    let strictGood = try strict.endpoint()
    let cases: [(MQTTEndpoint, String)] = [
      (changed(good) { $0.tls?.authority = files("foreign/ca.pem") }, "was not signed by a CA that"),
      (changed(good) { $0.tls?.authority = nil }, "was not signed by a CA that the system knows"),
      (
        changed(good) { $0.tls?.authority = "/no/such/file" },
        "cannot use the CA file /no/such/file for the broker: it cannot be read (No such file or directory)"
      ),
      (changed(good) { $0.tls?.key = files("foreign/stranger.key") }, "cannot use the key"),
      (changed(good) { $0.login?.passwordFile = password("wrong") }, "Look at the password of user 'site'"),
      (changed(good) { $0.login?.passwordFile = "/no/such/file" }, "password from /no/such/file: No such file"),
      (changed(good) { $0.login = nil }, "Look at the broker's rules for our certificate"),
      (
        changed(good) {
          $0.login = nil
          $0.tls?.certificate = nil
          $0.tls?.key = nil
        }, "It wants to know who we are"
      ),
      (changed(good) { $0.tls = nil }, "does this port want TLS?"),
      (changed(good) { $0.port = plain.port }, "this port does not answer in TLS"),
      (changed(good) { $0.port = 1 }, "Connection refused. Is mosquitto running?"),
      (changed(good) { $0.host = "no-such-host.invalid" }, "cannot reach the broker at no-such-host.invalid"),
      (
        changed(strictGood) {
          $0.tls?.certificate = nil
          $0.tls?.key = nil
        }, "it asks for a certificate of ours"
      ),
      (
        changed(strictGood) {
          $0.tls?.certificate = files("foreign/stranger.pem")
          $0.tls?.key = files("foreign/stranger.key")
        }, "it does not accept our certificate"
      ),
      (
        changed(strictGood) {
          $0.tls?.certificate = files("ours/late.pem")
          $0.tls?.key = files("ours/late.key")
        }, "has expired"
      ),
    ]
    for (endpoint, part) in cases { try await outcome(endpoint, part) }
  }

  @Test(
    "What OpenSSL finds wrong with the broker's certificate is said with what to look at",
    arguments: [
      (9 as Int32, "is not valid yet, or this gateway's clock is behind"),
      (10, "has expired, or this gateway's clock is ahead"),
      (62, "is for another name than 'broker.example'"), (19, "was not signed by a CA that /ca.pem knows (words)"),
      (23, "is not accepted: words"),
    ])
  func findings(_ code: Int32, _ part: String) {
    let endpoint = MQTTEndpoint(
      host: "broker.example", port: 8_883, clientID: "x", tls: .init(authority: "/ca.pem"))
    let text = ConnectionTrouble(endpoint: endpoint, finding: (code, "words")).text(8, cause: "TLS", wasReached: true)
    #expect(text.hasPrefix("the certificate of the broker at broker.example:8883 \(part)"))
  }

  @Test(
    "A broker's certificate out of its time may mean that the clock here is wrong, and both are said",
    arguments: [
      (-3, -1, "has expired, or this gateway's clock is ahead"),
      (2, 9, "is not valid yet, or this gateway's clock is behind"),
    ])
  func clock(_ from: Int, _ until: Int, _ part: String) async throws {
    let site = try SecureBroker(days: (from, until))
    try await outcome(try site.endpoint(), part)
    withExtendedLifetime(site) {}
  }

  @Test("The name in the certificate must be the host's")
  func wrongName() async throws {
    let site = try SecureBroker()
    var endpoint = try site.endpoint()
    // In the certificate stand localhost and 127.0.0.1; this is the same machine under another spelling.
    endpoint.host = "127.1"
    try await outcome(endpoint, "is for another name than '127.1'")
  }

  @Test("A new password in the file is used for the next connection")
  func newPassword() async throws {
    let site = try SecureBroker()
    let recorder = EventRecorder()
    let connection = try MQTTConnection(try site.endpoint(password: "wrong")) { recorder.record($0) }
    defer { connection.stop() }
    _ = try await recorder.failure("Look at the password")
    _ = try site.endpoint(password: "right")
    try await recorder.connected()
  }
}
