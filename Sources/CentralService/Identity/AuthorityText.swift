public import CertificateAuthority
import Enrolment
import JSONText
import PKI
import Telemetry

/// What `fieldgate-central ca` prints.
public enum AuthorityText {
  /// Facts about the authority of a data directory.
  public static func show(_ authority: AuthorityDirectory, json: Bool) throws -> String {
    let root = try authority.rootCertificate()
    let issuing = try authority.issuingCertificate()
    let server = try authority.serverCertificate()
    let digest = Digest(bytes: root.sha256)
    // A root that signs by itself has its key where the issuing one lies.
    let hasRootKey = authority.hasRootKey || root.sha256 == issuing.sha256
    let names = try server.serverNames().map(\.text)
    let end = { (certificate: Certificate) in IdentityText.time(seconds: certificate.notAfter) }
    if json {
      return JSONWriter.text { json in
        json.object { json in
          json.member("root", digest.description)
          json.member("root_name", ifPresent: root.commonName)
          json.member("root_until", end(root))
          json.member("root_key", hasRootKey ? "here" : "offline")
          json.member("issuing_name", ifPresent: issuing.commonName)
          json.member("issuing_until", end(issuing))
          json.member("server_until", end(server))
          json.array("server_names") { json in for name in names { json.string(name) } }
        }
      }
    }
    return """
      root     \(root.commonName ?? "?"), until \(end(root)), its key \(hasRootKey ? "in \(authority.path)" : "offline")
               \(digest)
      issuing  \(issuing.commonName ?? "?"), until \(end(issuing))
      server   for \(names.joined(separator: ", ")), until \(end(server)), renewed by the service itself
      """
  }

  /// Root and issuing certificate in PEM form, for clients that are to trust this central.
  public static func export(_ authority: AuthorityDirectory) throws -> String {
    String(decoding: try authority.rootCertificate().pem + authority.issuingCertificate().pem, as: UTF8.self)
  }
}
