import FieldgateTestKit
import Foundation
import GatewayClient
import Testing

/// `fieldgate check` and the files of `central`: whatever is wrong with them is a warning.
@Suite("Check of central's certificates")
struct CertificateCheckTests {
  private let temporary: TemporaryDirectory

  init() throws {
    temporary = try TemporaryDirectory("check")
    let script =
      URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path + "/Scripts/dev-certificates"
    let arguments = [temporary("tls"), "--gateway", "barn-7", "--gateway", "other", "--expired", "old"]
    _ = try ChildProcess(script, arguments).output(timeout: .seconds(60))
    // Where a user of this name exists, the check sees whether it may read the key.
    if let user = getpwnam("fieldgate")?.pointee {
      for name in ["barn-7", "other", "old", "operator"] {
        chown(temporary("tls/\(name).key"), user.pw_uid, user.pw_gid)
      }
    }
  }

  /// The warnings of a check, without the file's name in front.
  private func warnings(certificate: String = "barn-7.pem", key: String = "barn-7.key", ca: String = "ca.pem") throws
    -> [String]
  {
    let text = """
      gateway: barn-7
      central:
        url: "https://central.example:8443"
        authority: \(temporary("tls/" + ca))
        certificate: \(temporary("tls/" + certificate))
        key: \(temporary("tls/" + key))
      buses: [{ name: plc, type: modbus-tcp, host: 192.0.2.10 }]
      devices: [{ name: press, bus: plc, unit: 1, every: 1s, tags: [{ name: parts, holding: 0 }] }]
      """
    let path = temporary("gateway.yaml")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    var lines: [String] = []
    #expect(ConfigurationCheck.run(path: path, json: false) { lines.append($0) }, "the daemon starts all the same")
    #expect(lines.last?.contains("good: gateway barn-7") == true, "\(lines)")
    return lines.dropLast().map { $0.replacingOccurrences(of: "\(path): warning: central: ", with: "") }
  }

  private func mention(_ warnings: [String], _ texts: String...) {
    #expect(warnings.count == texts.count, "\(warnings)")
    for (warning, text) in zip(warnings, texts) { #expect(warning.contains(text), "\(warning)") }
  }

  @Test("a good set gives no warning")
  func good() throws { #expect(try warnings() == []) }

  @Test("a missing file is named")
  func missing() throws {
    mention(try warnings(ca: "none.pem"), "tls/none.pem cannot be read (No such file or directory)")
    mention(try warnings(certificate: "none.pem"), "tls/none.pem cannot be read")
    mention(try warnings(key: "none.key"), "tls/none.key cannot be read")
  }

  @Test("a file that is something else is named")
  func nonsense() throws {
    try "nonsense".write(toFile: temporary("tls/nonsense"), atomically: true, encoding: .utf8)
    chmod(temporary("tls/nonsense"), 0o600)
    mention(try warnings(ca: "nonsense"), "holds no certificate")
    mention(try warnings(certificate: "nonsense"), "holds no certificate")
    let texts = try warnings(key: "nonsense").filter { !$0.contains("chown") }
    mention(texts, "holds no private key")
  }

  @Test("a key of another certificate")
  func pair() throws { mention(try warnings(key: "other.key"), "does not belong to the certificate") }

  @Test("an expired certificate, and that of another gateway")
  func expired() throws {
    mention(
      try warnings(certificate: "old.pem", key: "old.key"), "has expired 1 days ago",
      "is that of 'old', and this gateway is 'barn-7'")
  }

  @Test("an operator's certificate sends nothing")
  func role() throws {
    mention(
      try warnings(certificate: "operator.pem", key: "operator.key"), "is that of 'operator'", "has OU=operator")
  }

  @Test("a key that others may read")
  func openKey() throws {
    chmod(temporary("tls/barn-7.key"), 0o640)
    mention(try warnings(), "may be used by more than its owner (its mode is 640): chmod 600")
  }

  @Test("The broker's files are looked at too: a missing CA, a key of another certificate, a password for all to read")
  func brokerFiles() throws {
    try "secret\n".write(toFile: temporary("password"), atomically: true, encoding: .utf8)
    chmod(temporary("password"), 0o644)
    let text = """
      gateway: barn-7
      broker:
        host: broker.example
        user: barn-7
        password-file: \(temporary("password"))
        tls: { authority: \(temporary("none.pem")), certificate: \(temporary("tls/old.pem")), key: \(temporary("tls/other.key")) }
      central: { url: "https://c", authority: \(temporary("tls/ca.pem")), certificate: \(temporary("tls/barn-7.pem")), key: \(temporary("tls/barn-7.key")) }
      buses: [{ name: plc, type: modbus-tcp, host: 192.0.2.10 }]
      devices: [{ name: press, bus: plc, unit: 1, every: 1s, tags: [{ name: parts, holding: 0 }] }]
      """
    let path = temporary("gateway.yaml")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    var lines: [String] = []
    #expect(ConfigurationCheck.run(path: path, json: false) { lines.append($0) })
    let warnings = lines.filter { $0.contains("warning: broker: ") && !$0.contains("user fieldgate") }
    mention(
      warnings, "none.pem cannot be read", "old.pem has expired", "other.key does not belong to the certificate",
      "may be read by others (its mode is 644): chmod 600")
  }
}
