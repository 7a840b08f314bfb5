import COpenSSL
import Glibc

/// The PEM files by which a gateway and central know each other, and what is wrong with them.
public struct CredentialFiles: Sendable {
  /// The CA that signed central's certificate.
  public var authority: String
  /// This gateway's certificate and its private key.
  public var certificate: String
  public var key: String

  public init(authority: String, certificate: String, key: String) {
    self.authority = authority
    self.certificate = certificate
    self.key = key
  }

  /// Every reason why central could not be reached with these files, or would file the data under another name; one line
  /// each, with the file and what to do.
  ///
  /// - Parameters:
  ///   - name: the gateway's, as in its configuration.
  ///   - now: seconds since 1970.
  ///   - reader: the user who will read the key, where that is another one than this process's: looked up by name, and
  ///     passed over when there is none.
  public func problems(name: String, now: Int64, reader: String? = nil) -> [String] {
    authorityProblems(now) + certificateProblems(name, now) + keyProblems(reader)
  }

  func authorityProblems(_ now: Int64) -> [String] {
    collect { found throws(CertificateError) in
      var problem: String?
      var isAnyGood = false
      // One of several is enough, as when a new CA follows an old one.
      try PEMFile(authority).forEachCertificate { certificate throws(CertificateError) in
        let validity = try CertificateIdentity.validity(certificate)
        if let text = Self.text(validity, now) { problem = text } else { isAnyGood = true }
      }
      if let problem, !isAnyGood { found.append("the CA \(authority) \(problem)") }
    }
  }

  /// - Parameter name: nil where names do not matter.
  func certificateProblems(_ name: String?, _ now: Int64) -> [String] {
    collect { found throws(CertificateError) in
      let identity = try CertificateIdentity(pemFile: certificate)
      if let text = Self.text((identity.notBefore, identity.notAfter), now) {
        found.append("the certificate \(certificate) \(text)")
      }
      guard let name else { return }
      if identity.commonName != name {
        found.append(
          "the certificate \(certificate) is that of '\(identity.commonName)', and this gateway is '\(name)': central "
            + "files everything under the certificate's name; correct 'gateway', or install the right certificate")
      }
      if identity.organizationalUnit != "gateway" {
        let unit = identity.organizationalUnit.map { "OU=\($0)" } ?? "no OU"
        found.append("the certificate \(certificate) has \(unit), and central takes data only from OU=gateway")
      }
    }
  }

  func keyProblems(_ reader: String?) -> [String] {
    collect { found throws(CertificateError) in
      let file = try PEMFile(key)
      if let reader, !Self.mayRead(file.status, reader) {
        found.append("the key \(key) cannot be read by the user \(reader): chown \(reader) \(key), chmod 600 \(key)")
      }
      if file.status.st_mode & 0o077 != 0 {
        let mode = String(file.status.st_mode & 0o777, radix: 8)
        found.append("the key \(key) may be used by more than its owner (its mode is \(mode)): chmod 600 \(key)")
      }
      // What is wrong with the certificate itself has been said.
      guard let certificates = try? PEMFile(certificate) else { return }
      var isFirst = true
      try? certificates.forEachCertificate { certificate throws(CertificateError) in
        defer { isFirst = false }
        guard isFirst else { return }
        do throws(CertificateError) {
          guard try !file.isKey(of: certificate) else { return }
          found.append("the key \(key) does not belong to the certificate \(self.certificate): install the pair anew")
        } catch {
          found.append("\(error)")
        }
      }
    }
  }

  private func collect(_ body: (inout [String]) throws(CertificateError) -> Void) -> [String] {
    var found: [String] = []
    do throws(CertificateError) {
      try body(&found)
    } catch {
      found.append("\(error)")
    }
    return found
  }

  private static func text(_ validity: (from: Int64, until: Int64), _ now: Int64) -> String? {
    if now >= validity.until { return "has expired \((now - validity.until) / 86_400) days ago: renew it" }
    if now < validity.from { return "is not valid yet: is this box's clock right?" }
    return nil
  }

  /// By owner and permissions of the file alone.
  static func mayRead(_ status: stat, _ user: String) -> Bool {
    guard let entry = getpwnam(user)?.pointee else { return true }
    if status.st_uid == entry.pw_uid { return status.st_mode & 0o400 != 0 }
    if status.st_gid == entry.pw_gid { return status.st_mode & 0o040 != 0 }
    return status.st_mode & 0o004 != 0
  }
}
