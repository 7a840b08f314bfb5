import FieldgateTestKit
import MQTTBroker

/// A broker with TLS, passwords and access rules, and the files to speak to it.
final class SecureBroker {
  static let certificates: Result<TemporaryDirectory, any Error> = Result {
    let directory = try TemporaryDirectory("broker-tls")
    for (folder, names) in [("ours", "gateway"), ("foreign", "stranger")] {
      let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
      var arguments = [directory(folder), "--gateway", names]
      if folder == "ours" { arguments += ["--expired", "late"] }
      let script = try ChildProcess("/\(root)/Scripts/dev-certificates", arguments)
      guard try script.wait() == .code(0) else { throw TestKitError(script.drainedError) }
    }
    return directory
  }

  let broker: Mosquitto
  let files: TemporaryDirectory

  init(requiresCertificate: Bool = false) throws {
    files = try Self.certificates.get()
    let own = try TemporaryDirectory("broker-users")
    let password = try ChildProcess("mosquitto_passwd", ["-b", "-c", own("users"), "site", "right"])
    guard try password.wait() == .code(0) else { throw TestKitError(password.drainedError) }
    try own.write("rules", "user site\ntopic write fieldgate/#\ntopic read fieldgate/+/+/set\n")
    self.own = own
    broker = try Mosquitto(
      """
      allow_anonymous false
      password_file \(own("users"))
      acl_file \(own("rules"))
      cafile \(files("ours/ca.pem"))
      certfile \(files("ours/central.pem"))
      keyfile \(files("ours/central.key"))
      require_certificate \(requiresCertificate)
      """)
  }

  private let own: TemporaryDirectory

  /// A way in that works; tests spoil parts of it.
  func endpoint(password: String = "right") throws -> MQTTEndpoint {
    try own.write("password", password + "\n")
    return MQTTEndpoint(
      host: "localhost", port: broker.port, clientID: "fieldgate-site",
      tls: .init(
        authority: files("ours/ca.pem"), certificate: files("ours/gateway.pem"), key: files("ours/gateway.key")),
      login: .init(user: "site", passwordFile: own("password")))
  }
}
