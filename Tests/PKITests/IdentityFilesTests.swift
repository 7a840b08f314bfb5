import FieldgateTestKit
import Foundation
import PKI
import Testing

/// What a gateway does with keys and certificates when it enrols, judged by the program `openssl`.
@Suite("Keys, requests and chains")
struct IdentityFilesTests {
  private let temporary: TemporaryDirectory

  init() throws { temporary = try TemporaryDirectory("pki") }

  @discardableResult
  private func openssl(_ words: String) throws -> String {
    let arguments = words.split(separator: " ").map {
      $0.hasPrefix("@") ? temporary(String($0.dropFirst())) : String($0)
    }
    return try ChildProcess("openssl", arguments).output(timeout: .seconds(60))
  }

  /// Root, issuing certificate and a gateway's certificate for `key.pem`; valid for a day from now.
  private func makeAuthority(_ key: PrivateKey) throws {
    try key.write(to: temporary("key.pem"))
    try Data(key.certificateRequest(commonName: "barn-7")).write(to: URL(fileURLWithPath: temporary("request.der")))
    for (name, issuer, request) in [("root", nil, nil), ("issuing", "root", nil), ("leaf", "issuing", "request.der")] {
      if request == nil {
        try openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out @\(name).key")
        try openssl("req -new -key @\(name).key -subj /CN=\(name) -out @\(name).csr")
      } else {
        try openssl("req -inform DER -in @request.der -out @leaf.csr")
      }
      _ = try temporary.write(
        "\(name).ext", request == nil ? "basicConstraints=critical,CA:TRUE\n" : "extendedKeyUsage=clientAuth\n")
      let signing = issuer.map { "-CA @\($0).pem -CAkey @\($0).key -CAcreateserial" } ?? "-signkey @\(name).key"
      try openssl("x509 -req -in @\(name).csr \(signing) -days 1 -extfile @\(name).ext -out @\(name).pem")
    }
    try openssl(
      "crl2pkcs7 -nocrl -certfile @issuing.pem -certfile @leaf.pem -certfile @root.pem -outform DER -out @answer.der")
  }

  private func answer() throws -> [UInt8] {
    Base64.encode([UInt8](try Data(contentsOf: URL(fileURLWithPath: temporary("answer.der")))))
  }

  @Test("a key is one on P-256, only its owner reads it, and no other is overwritten by it")
  func key() throws {
    let key = try PrivateKey.make()
    try key.write(to: temporary("key.pem"))
    #expect(try openssl("pkey -in @key.pem -noout -text").contains("prime256v1"))
    var status = stat()
    #expect(stat(temporary("key.pem"), &status) == 0 && status.st_mode & 0o777 == 0o600)
    let before = try temporary.read("key.pem")
    #expect { try PrivateKey.make().write(to: temporary("key.pem")) } throws: { "\($0)".contains("File exists") }
    #expect(try temporary.read("key.pem") == before)
    #expect(throws: CertificateError.self) { try PrivateKey.make().write(to: temporary("no/such/key.pem")) }
  }

  @Test("a request has the name and a good signature")
  func request() throws {
    let request = try PrivateKey.make().certificateRequest(commonName: "barn-7")
    try Data(request).write(to: URL(fileURLWithPath: temporary("request.der")))
    let text = try openssl("req -inform DER -in @request.der -noout -verify -subject -text")
    #expect(text.contains("CN = barn-7"))
    #expect(text.contains("ecdsa-with-SHA256"))
    let long = String(repeating: "x", count: 65)
    #expect(throws: CertificateError.self) { try PrivateKey.make().certificateRequest(commonName: long) }
  }

  @Test("an answer of EST is taken apart, and judged")
  func bundle() throws {
    let key = try PrivateKey.make()
    try makeAuthority(key)
    let bundle = try CertificateBundle(certsOnly: try answer())
    #expect(bundle.certificates.count == 3)
    let leaf = try #require(bundle.certificate(of: key))
    #expect(bundle.certificate(of: try PrivateKey.make()) == nil)
    #expect(try openssl("x509 -in @leaf.pem -noout -serial").lowercased().contains("=\(leaf.serial)\n"))
    #expect(leaf.commonName == "barn-7")
    #expect(leaf.notAfter - leaf.notBefore == 86_400)

    let hash = try openssl("x509 -in @root.pem -noout -fingerprint -sha256").split(separator: "=")[1]
    let bytes = hash.split(separator: ":").compactMap { UInt8($0.filter(\.isHexDigit), radix: 16) }
    let root = try #require(bundle.certificate(sha256: bytes))
    #expect(bundle.certificate(sha256: Array(bytes.reversed())) == nil)
    let now = leaf.notBefore + 60
    try bundle.verify(leaf, root: root, now: now)
    #expect { try bundle.verify(leaf, root: root, now: now + 90_000) } throws: { "\($0)".contains("has expired") }
    #expect { try bundle.verify(leaf, root: root, now: 0) } throws: { "\($0)".contains("not yet valid") }
    let foreign = try TemporaryDirectory("foreign")
    _ = try ChildProcess(
      "openssl",
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", foreign("k"), "-subj", "/CN=root", "-out",
        foreign("c"),
      ]
    ).output(timeout: .seconds(60))
    let other = try #require(try CertificateBundle(pemFile: foreign("c")).certificates.first)
    #expect(throws: CertificateError.self) { try bundle.verify(leaf, root: other, now: now) }

    _ = try temporary.write("chain.pem", String(decoding: bundle.pem(beginningWith: leaf), as: UTF8.self))
    #expect(try CertificateBundle(pemFile: temporary("chain.pem")).certificates.first?.sha256 == leaf.sha256)
    #expect(try openssl("verify -CAfile @root.pem -untrusted @chain.pem @leaf.pem").contains("OK"))
    #expect(leaf.belongs(to: try PrivateKey(pemFile: temporary("key.pem"))))
  }

  @Test("a damaged answer is refused or read, and does no harm")
  func damage() throws {
    try makeAuthority(try PrivateKey.make())
    let good = try #require(Base64.decode(try answer()))
    for index in good.indices {
      var bad = good
      bad[index] ^= 0x55
      _ = try? CertificateBundle(certsOnly: Base64.encode(bad))
    }
    for count in stride(from: 0, to: good.count, by: 7) {
      #expect(throws: CertificateError.self) {
        try CertificateBundle(certsOnly: Base64.encode(Array(good.prefix(count))))
      }
    }
    #expect { try CertificateBundle(certsOnly: Array("<html>Log in</html>".utf8)) } throws: {
      "\($0)".contains("base 64")
    }
  }

  @Test("base 64 is read with and without line breaks")
  func base64() throws {
    for count in 0..<100 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 97) }
      let text = Base64.encode(bytes)
      #expect(text == Array(Data(bytes).base64EncodedString().utf8))
      guard count > 0 else { continue }
      #expect(Base64.decode(text) == bytes)
      let lines = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithCarriageReturn])
      #expect(Base64.decode(Array((lines + "\r\n").utf8)) == bytes)
    }
    #expect(Base64.decode(Array("abc".utf8)) == nil)
    #expect(Base64.decode(Array("ab!=".utf8)) == nil)
  }
}
