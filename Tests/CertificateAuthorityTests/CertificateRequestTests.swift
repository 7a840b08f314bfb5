import CertificateAuthority
import FieldgateTestKit
import Foundation
import PKI
import Testing

/// Requests that the program `openssl` makes, good and bad.
@Suite("Certificate requests")
struct CertificateRequestTests {
  private let temporary: TemporaryDirectory

  init() throws { temporary = try TemporaryDirectory("requests") }

  @discardableResult
  private func openssl(_ words: String...) throws -> String {
    try ChildProcess("openssl", words.map { $0.hasPrefix("@") ? temporary(String($0.dropFirst())) : $0 })
      .output(timeout: .seconds(60))
  }

  private func request(key options: [String], subject: String = "/CN=barn-7") throws -> [UInt8] {
    _ = try ChildProcess("openssl", ["genpkey", "-out", temporary("key.pem")] + options).output(timeout: .seconds(60))
    try openssl("req", "-new", "-key", "@key.pem", "-subj", subject, "-outform", "DER", "-out", "@request.der")
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: temporary("request.der"))))
  }

  private static let p256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]

  struct Kind: CustomTestStringConvertible {
    var options: [String]
    /// What its refusal says; nil when it is taken.
    var refusal: String?
    var testDescription: String { options.joined(separator: " ") }
  }

  static let kinds = [
    Kind(options: p256, refusal: nil),
    Kind(options: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], refusal: nil),
    Kind(options: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"], refusal: nil),
    Kind(options: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], refusal: nil),
    Kind(options: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], refusal: "1024 bits"),
    Kind(options: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], refusal: "secp256k1"),
    Kind(options: ["-algorithm", "ED25519"], refusal: "neither"),
  ]

  @Test("Keys of good kinds are taken, others refused by name", arguments: kinds)
  func keys(_ kind: Kind) throws {
    let der = try request(key: kind.options)
    guard let text = kind.refusal else {
      #expect(try CertificateRequest(der: der).commonName == "barn-7")
      return
    }
    let error = #expect(throws: CertificateRequest.Refusal.self) { try CertificateRequest(der: der) }
    guard case .key(let words)? = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(words.contains(text))
  }

  @Test("One key has one digest, whatever the request says; another key has another")
  func digest() throws {
    let first = try CertificateRequest(der: try request(key: Self.p256))
    try openssl("req", "-new", "-key", "@key.pem", "-subj", "/O=x", "-outform", "DER", "-out", "@other.der")
    let other = [UInt8](try Data(contentsOf: URL(fileURLWithPath: temporary("other.der"))))
    let second = try CertificateRequest(der: other)
    #expect(first.keyDigest == second.keyDigest && first.keyDigest.count == 32)
    #expect(second.commonName == nil)
    #expect(try CertificateRequest(der: try request(key: Self.p256)).keyDigest != first.keyDigest)
  }

  @Test("A changed byte, a missing one or one too many is refused")
  func damaged() throws {
    let der = try request(key: Self.p256)
    for index in der.indices {
      var changed = der
      changed[index] ^= 0x04
      #expect(throws: CertificateRequest.Refusal.self, "byte \(index)") { try CertificateRequest(der: changed) }
      #expect(throws: CertificateRequest.Refusal.self) { try CertificateRequest(der: Array(der[..<index])) }
    }
    #expect(throws: CertificateRequest.Refusal.self) { try CertificateRequest(der: der + [0]) }
    let long = [UInt8](repeating: 0x30, count: CertificateRequest.maximumBytes + 1)
    #expect(throws: CertificateRequest.Refusal.self) { try CertificateRequest(der: long) }
  }

  @Test("Two common names, of which one could be believed here and the other there, are refused")
  func twoNames() throws {
    let der = try request(key: Self.p256, subject: "/CN=barn-7/CN=barn-8")
    let error = #expect(throws: CertificateRequest.Refusal.self) { try CertificateRequest(der: der) }
    #expect("\(String(describing: error))".contains("more than one common name"))
  }
}
