import Glibc
public import PKI

/// Where central keeps its certificate authority: a directory with mode 0700 in its data directory.
///
///     root.pem       the root certificate
///     root.key       its private key, unless it is kept elsewhere
///     issuing.pem    the certificate below it that signs gateways' certificates, and its key
///     issuing.key
///     server.pem     central's own key, its certificate, and the issuing one behind
public struct AuthorityDirectory: Sendable {
  public let path: String

  /// Ten years: devices in the field outlive most servers.
  static let rootSeconds: Int64 = 3_653 * 86_400
  static let issuingSeconds: Int64 = 1_827 * 86_400
  /// Central renews its own certificate by itself after two thirds of it.
  static let serverSeconds: Int64 = 90 * 86_400

  /// - Parameter data: central's data directory.
  public init(data: String) { path = data + "/authority" }

  public func file(_ name: String) -> String { path + "/" + name }

  public var exists: Bool { access(file("issuing.pem"), F_OK) == 0 }

  /// Makes root, issuing certificate and central's own.
  ///
  /// - Parameters:
  ///   - name: of the organization or of this central, in the authorities' common names; 1 to 50 printable characters.
  ///   - offlineRoot: a directory that gets the root's key in place of this one.
  ///   - now: seconds since 1970.
  /// - Throws: when there is one already, or files cannot be written; nothing is left then but the root's key in
  ///   `offlineRoot`.
  public func make(
    name: String, servers: [ServerName], offlineRoot: String?, now: Int64
  ) throws(CertificateError) {
    guard (1...50).contains(name.utf8.count), name.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
      throw CertificateError("the authority's name has 1 to 50 plain characters")
    }
    try build { draft throws(CertificateError) in
      let rootKey = try PrivateKey.make()
      let issuingKey = try PrivateKey.make()
      let root = try CertificateContent(
        kind: .root, commonName: name + " root", notBefore: now - 300, notAfter: now + Self.rootSeconds,
        serial: try CertificateContent.randomSerial()
      ).signed(key: rootKey.handle, issuer: nil, issuerKey: rootKey)
      let issuing = try CertificateContent(
        kind: .issuing, commonName: name + " issuing", notBefore: now - 300, notAfter: now + Self.issuingSeconds,
        serial: try CertificateContent.randomSerial()
      ).signed(key: issuingKey.handle, issuer: root, issuerKey: rootKey)
      try rootKey.write(to: (offlineRoot ?? draft) + "/root.key")
      try issuingKey.write(to: draft + "/issuing.key")
      try DurableFile.write(root.pem, to: draft + "/root.pem")
      try DurableFile.write(issuing.pem, to: draft + "/issuing.pem")
      let authority = try CertificateAuthority(root: root, issuing: issuing, key: issuingKey)
      try Self.writeServer(authority, servers, in: draft, now: now)
    }
  }

  /// Takes an authority that was made elsewhere.
  ///
  /// - Parameters:
  ///   - root, issuing, key: PEM files; `issuing` may be the same as `root`.
  public func adopt(
    root: String, issuing: String, key: String, servers: [ServerName], now: Int64
  ) throws(CertificateError) {
    let rootCertificate = try Self.first(root)
    let issuingCertificate = try Self.first(issuing)
    for (certificate, file) in [(rootCertificate, root), (issuingCertificate, issuing)] where !certificate.isAuthority {
      throw CertificateError(
        "\(file) is not the certificate of an authority: make it with the extensions basicConstraints=critical,CA:TRUE and "
          + "keyUsage=keyCertSign,cRLSign")
    }
    let issuingKey = try PrivateKey(pemFile: key)
    let authority = try CertificateAuthority(root: rootCertificate, issuing: issuingCertificate, key: issuingKey)
    try build { draft throws(CertificateError) in
      try issuingKey.write(to: draft + "/issuing.key")
      try DurableFile.write(rootCertificate.pem, to: draft + "/root.pem")
      try DurableFile.write(issuingCertificate.pem, to: draft + "/issuing.pem")
      try Self.writeServer(authority, servers, in: draft, now: now)
      // What was made with it shows whether it may sign at all: pathlen, key usage and validity are checked here.
      let server = try Self.first(draft + "/server.pem")
      try CertificateBundle([issuingCertificate]).verify(server, root: rootCertificate, now: now, as: .server)
    }
  }

  /// - Throws: when a file is missing or does not fit the others.
  public func open() throws(CertificateError) -> CertificateAuthority {
    try CertificateAuthority(
      root: try Self.first(file("root.pem")), issuing: try Self.first(file("issuing.pem")),
      key: try PrivateKey(pemFile: file("issuing.key")))
  }

  /// What gateways recognise central by.
  public func rootCertificate() throws(CertificateError) -> Certificate { try Self.first(file("root.pem")) }

  public func issuingCertificate() throws(CertificateError) -> Certificate { try Self.first(file("issuing.pem")) }

  /// Central's own.
  public func serverCertificate() throws(CertificateError) -> Certificate { try Self.first(file("server.pem")) }

  /// Whether the root's key lies here rather than offline.
  public var hasRootKey: Bool { access(file("root.key"), F_OK) == 0 }

  /// Makes a new certificate with a new key for central when the present one is past two thirds of its life.
  ///
  /// - Returns: whether there is a new one.
  @discardableResult
  public func renewServer(now: Int64) throws(CertificateError) -> Bool {
    let present = try Self.first(file("server.pem"))
    let life = present.notAfter - present.notBefore
    guard now >= present.notBefore + life / 3 * 2 else { return false }
    try Self.writeServer(try open(), try present.serverNames(), in: path, now: now)
    return true
  }

  /// Makes a new certificate with a new key for central under other names.
  public func renameServer(_ names: [ServerName], now: Int64) throws(CertificateError) {
    try Self.writeServer(try open(), names, in: path, now: now)
  }

  private static func first(_ file: String) throws(CertificateError) -> Certificate {
    guard let first = try CertificateBundle(pemFile: file).certificates.first else {
      throw CertificateError("\(file) holds no certificate")
    }
    return first
  }

  /// One file: a reader never meets a key and the certificate of another.
  private static func writeServer(
    _ authority: CertificateAuthority, _ names: [ServerName], in directory: String, now: Int64
  ) throws(CertificateError) {
    let key = try PrivateKey.make()
    let certificate = try authority.serverCertificate(names: names, key: key, validFor: serverSeconds, now: now)
    let chain = certificate.pem + authority.issuing.pem
    try DurableFile.write(try key.pem() + chain, to: directory + "/server.pem")
  }

  /// Makes everything in a directory beside and renames it, so that there is a whole authority or none.
  private func build(_ body: (String) throws(CertificateError) -> Void) throws(CertificateError) {
    guard !exists else {
      throw CertificateError(
        "\(path) holds an authority already. Gateways recognise central by it: show it with 'fieldgate-central ca show'. "
          + "To begin anew, move the directory away; every gateway then needs a new ticket")
    }
    let draft = path + ".new"
    DurableFile.removeDirectory(draft)
    guard mkdir(draft, 0o700) == 0 else { throw DurableFile.failure(draft, errno) }
    do throws(CertificateError) {
      try body(draft)
      try DurableFile.syncDirectory(draft)
    } catch {
      DurableFile.removeDirectory(draft)
      throw error
    }
    // An empty directory that a former try or a person left does not matter.
    rmdir(path)
    guard rename(draft, path) == 0 else { throw DurableFile.failure(path, errno) }
    try DurableFile.syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
  }
}
