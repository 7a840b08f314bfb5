import Glibc

/// The files by which a gateway and an MQTT broker know each other, and what is wrong with them. All are optional.
public struct BrokerFiles: Sendable {
  /// The CA that signed the broker's certificate.
  public var authority: String?
  /// This gateway's certificate and its key, for the broker.
  public var certificate: String?
  public var key: String?
  /// Its first line is the password.
  public var password: String?

  public init(authority: String?, certificate: String?, key: String?, password: String?) {
    self.authority = authority
    self.certificate = certificate
    self.key = key
    self.password = password
  }

  /// Every reason why the broker could not be reached with these files; one line each. Parameters as those of
  /// ``CredentialFiles/problems(name:now:reader:)``.
  public func problems(now: Int64, reader: String? = nil) -> [String] {
    let files = CredentialFiles(authority: authority ?? "", certificate: certificate ?? "", key: key ?? "")
    var found = authority == nil ? [] : files.authorityProblems(now)
    if certificate != nil { found += files.certificateProblems(nil, now) + files.keyProblems(reader) }
    if let password { found += passwordProblems(password, reader) }
    return found
  }

  private func passwordProblems(_ path: String, _ reader: String?) -> [String] {
    var status = stat()
    guard stat(path, &status) == 0 else {
      return ["the password file \(path) cannot be read (\(String(cString: strerror(errno))))"]
    }
    var found: [String] = []
    if status.st_size == 0 { found.append("the password file \(path) is empty") }
    if let reader, !CredentialFiles.mayRead(status, reader) {
      found.append("the password file \(path) cannot be read by the user \(reader): chown \(reader) \(path)")
    }
    if status.st_mode & 0o077 != 0 {
      let mode = String(status.st_mode & 0o777, radix: 8)
      found.append("the password file \(path) may be read by others (its mode is \(mode)): chmod 600 \(path)")
    }
    return found
  }
}
