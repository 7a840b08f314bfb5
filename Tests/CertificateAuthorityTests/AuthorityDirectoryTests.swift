import CertificateAuthority
import FieldgateTestKit
import Foundation
import PKI
import Testing

/// Central's authority, judged by the program `openssl`.
@Suite("Certificate authority")
struct AuthorityDirectoryTests {
  private let temporary: TemporaryDirectory
  private var directory: AuthorityDirectory { AuthorityDirectory(data: temporary("")) }
  private let now = Int64(Date().timeIntervalSince1970)

  init() throws { temporary = try TemporaryDirectory("authority") }

  private func openssl(_ words: String) throws -> String {
    let arguments = words.split(separator: " ").map {
      $0.hasPrefix("@") ? temporary(String($0.dropFirst())) : String($0)
    }
    return try ChildProcess("openssl", arguments).output(timeout: .seconds(60))
  }

  private func make(offlineRoot: String? = nil) throws {
    try directory.make(
      name: "Example",
      servers: [try ServerName("central.example"), try ServerName("192.0.2.10"), try ServerName("::1")],
      offlineRoot: offlineRoot, now: now)
  }

  private func gateway(_ name: String = "barn-7", seconds: Int64 = 3_600) throws -> Certificate {
    let request = try CertificateRequest(der: try PrivateKey.make().certificateRequest(commonName: name))
    return try directory.open().gatewayCertificate(request, name: name, validFor: seconds, now: now)
  }

  @Test(
    "Root, issuing and server certificates chain for a server, and a gateway's for a client; not the other way round")
  func chains() throws {
    try make()
    _ = try temporary.write("leaf.pem", String(decoding: try gateway().pem, as: UTF8.self))
    let chain = "-CAfile @authority/root.pem -untrusted @authority/issuing.pem"
    #expect(
      try openssl("verify \(chain) -purpose sslserver -verify_hostname central.example @authority/server.pem").contains(
        "OK"))
    #expect(
      try openssl("verify \(chain) -purpose sslserver -verify_ip 192.0.2.10 @authority/server.pem").contains("OK"))
    #expect(try openssl("verify \(chain) -purpose sslclient @leaf.pem").contains("OK"))
    for wrong in [
      "verify \(chain) -purpose sslclient @authority/server.pem", "verify \(chain) -purpose sslserver @leaf.pem",
      "verify \(chain) -verify_hostname other.example @authority/server.pem",
    ] {
      #expect(throws: (any Error).self, "\(wrong)") { try openssl(wrong) }
    }
    let text = try openssl("x509 -in @leaf.pem -noout -text")
    for part in ["CN = barn-7", "OU = gateway", "CA:FALSE", "Digital Signature", "TLS Web Client Authentication"] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test("The issuing certificate makes no further authorities")
  func pathLength() throws {
    try make()
    _ = try openssl(
      "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout @sub.key -subj /CN=sub -out @sub.csr")
    _ = try temporary.write("sub.ext", "basicConstraints=critical,CA:TRUE\n")
    _ = try openssl(
      "x509 -req -in @sub.csr -CA @authority/issuing.pem -CAkey @authority/issuing.key -days 1 -extfile @sub.ext -out @sub.pem"
    )
    _ = try openssl(
      "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout @x.key -subj /CN=x -out @x.csr")
    _ = try openssl("x509 -req -in @x.csr -CA @sub.pem -CAkey @sub.key -days 1 -out @x.pem")
    let both = try temporary.read("sub.pem") + temporary.read("authority/issuing.pem")
    _ = try temporary.write("both.pem", both)
    #expect(throws: (any Error).self) { try openssl("verify -CAfile @authority/root.pem -untrusted @both.pem @x.pem") }
  }

  @Test("Keys are for their owner only, and a second authority is not made over the first")
  func files() throws {
    try make()
    for name in ["authority/root.key", "authority/issuing.key", "authority/server.pem"] {
      var status = stat()
      #expect(stat(temporary(name), &status) == 0 && status.st_mode & 0o777 == 0o600, "\(name)")
    }
    let before = try directory.rootCertificate().sha256
    let error = #expect(throws: CertificateError.self) { try make() }
    #expect(error?.description.contains("holds an authority already") == true)
    #expect(try directory.rootCertificate().sha256 == before)
  }

  @Test("What an interrupted try left is no authority, and the next one succeeds")
  func interrupted() throws {
    _ = try temporary.directory("authority.new")
    _ = try temporary.write("authority.new/root.key", "half a key")
    #expect(!directory.exists)
    try make()
    #expect(directory.exists && !FileManager.default.fileExists(atPath: temporary("authority.new")))
  }

  @Test("The root's key may lie elsewhere; issuing goes on without it")
  func offlineRoot() throws {
    let stick = try temporary.directory("stick")
    try make(offlineRoot: stick)
    #expect(!directory.hasRootKey && FileManager.default.fileExists(atPath: stick + "/root.key"))
    #expect(try gateway().commonName == "barn-7")
  }

  @Test("An authority of one's own is taken over; a key of another certificate is not")
  func adopt() throws {
    _ = try openssl(
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout @own.key -subj /CN=own -days 30 -out @own.pem"
    )
    _ = try openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out @other.key")
    let names = [try ServerName("localhost")]
    #expect(throws: CertificateError.self) {
      try directory.adopt(
        root: temporary("own.pem"), issuing: temporary("own.pem"), key: temporary("other.key"), servers: names, now: now
      )
    }
    #expect(!directory.exists)
    try directory.adopt(
      root: temporary("own.pem"), issuing: temporary("own.pem"), key: temporary("own.key"), servers: names, now: now)
    _ = try temporary.write("leaf.pem", String(decoding: try gateway().pem, as: UTF8.self))
    #expect(try openssl("verify -CAfile @own.pem @leaf.pem").contains("OK"))
  }

  @Test("Central's own certificate is renewed after two thirds of its life, for the same names, with another key")
  func renewal() throws {
    try make()
    let before = try directory.serverCertificate()
    #expect(try !directory.renewServer(now: now + 59 * 86_400))
    #expect(try directory.serverCertificate().sha256 == before.sha256)
    #expect(try directory.renewServer(now: now + 61 * 86_400))
    let after = try directory.serverCertificate()
    #expect(after.sha256 != before.sha256)
    #expect(try after.serverNames().map(\.text) == ["central.example", "192.0.2.10", "::1"])
    let key = try PrivateKey(pemFile: directory.file("server.pem"))
    #expect(after.belongs(to: key) && !before.belongs(to: key))
  }

  @Test("Central's own certificate is made anew for other names, and gateways recognise it by the same root")
  func otherNames() throws {
    try make()
    let root = try directory.rootCertificate()
    try directory.renameServer([try ServerName("new.example")], now: now)
    let server = try directory.serverCertificate()
    #expect(try server.serverNames().map(\.text) == ["new.example"])
    try CertificateBundle(pemFile: directory.file("issuing.pem")).verify(server, root: root, now: now, as: .server)
  }

  @Test(
    "A gateway's certificate begins a tenth of its life earlier, five minutes at most, and never outlives the issuer")
  func validity() throws {
    try make()
    #expect(try gateway(seconds: 60).notBefore == now - 6)
    #expect(try gateway(seconds: 30 * 86_400).notBefore == now - 300)
    #expect(try gateway(seconds: 10_000 * 86_400).notAfter == directory.issuingCertificate().notAfter)
    #expect(try gateway().serial != gateway().serial)
  }

  @Test("EST's answers are read by openssl and by the gateway's own reader")
  func answers() throws {
    try make()
    let authority = try directory.open()
    let bundle = try CertificateBundle(certsOnly: try authority.authorities())
    #expect(bundle.certificates.map(\.sha256) == [authority.issuing.sha256, authority.root.sha256])
    let leaf = try gateway()
    let answer = try CertificateAuthority.answer(leaf)
    #expect(!answer.contains(UInt8(ascii: "\n")))
    #expect(try CertificateBundle(certsOnly: answer).certificates.map(\.sha256) == [leaf.sha256])
    let der = try #require(Base64.decode(answer))
    try Data(der).write(to: URL(fileURLWithPath: temporary("answer.der")))
    #expect(try openssl("pkcs7 -inform DER -in @answer.der -print_certs").contains("CN = barn-7"))
  }

  @Test(
    "Names of servers",
    arguments: [
      ("central.example", "central.example"), ("Central.Example", "central.example"), ("192.0.2.10", "192.0.2.10"),
      ("[2001:db8::1]", "2001:db8::1"), ("a", "a"), ("https://central.example", nil), ("central.example:8443", nil),
      ("a,DNS:evil.example", nil), ("", nil), ("-a.example", nil), ("a..b", nil), ("*.example", nil),
      (String(repeating: "a", count: 64), nil),
    ])
  func serverNames(_ text: String, _ expected: String?) {
    #expect((try? ServerName(text))?.text == expected)
  }
}
