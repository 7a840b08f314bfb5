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

  /// - Parameter days: when the broker's certificate begins and ends, counted from now; nil for one that is good.
  init(requiresCertificate: Bool = false, days: (from: Int, until: Int)? = nil) throws {
    files = try Self.certificates.get()
    let own = try TemporaryDirectory("broker-users")
    let password = try ChildProcess("mosquitto_passwd", ["-b", "-c", own("users"), "site", "right"])
    guard try password.wait() == .code(0) else { throw TestKitError(password.drainedError) }
    try own.write("rules", "user site\ntopic write fieldgate/#\ntopic read fieldgate/+/+/set\n")
    self.own = own
    var certificate = (files("ours/central.pem"), files("ours/central.key"))
    if let days {
      try Self.sign(in: own, by: files("ours"), days)
      certificate = (own("server.pem"), own("server.key"))
    }
    broker = try Mosquitto(
      """
      allow_anonymous false
      password_file \(own("users"))
      acl_file \(own("rules"))
      cafile \(files("ours/ca.pem"))
      certfile \(certificate.0)
      keyfile \(certificate.1)
      require_certificate \(requiresCertificate)
      """)
  }

  private let own: TemporaryDirectory

  /// A certificate for localhost with dates of its own, `server.pem` and `server.key`.
  private static func sign(in own: TemporaryDirectory, by authority: String, _ days: (from: Int, until: Int)) throws {
    try own.write("index", "")
    try own.write(
      "ca.conf",
      """
      [ca]
      default_ca=d
      [d]
      database=\(own("index"))
      new_certs_dir=\(own.path)
      rand_serial=yes
      default_md=sha256
      policy=p
      [p]
      commonName=supplied
      [e]
      extendedKeyUsage=serverAuth
      subjectAltName=DNS:localhost
      """)
    let script = """
      openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=broker -keyout server.key -out csr
      openssl ca -batch -notext -config ca.conf -extensions e -cert \(authority)/ca.pem -keyfile \(authority)/ca.key \
        -in csr -out server.pem -startdate "$(date -u -d '\(days.from) days' +%y%m%d%H%M%SZ)" \
        -enddate "$(date -u -d '\(days.until) days' +%y%m%d%H%M%SZ)"
      """
    let shell = try ChildProcess("sh", ["-ec", "cd \(own.path)\n" + script])
    guard try shell.wait() == .code(0) else { throw TestKitError(shell.drainedError) }
  }

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
