import Glibc
import PKI

/// The directory of a gateway's keys and certificates (docs/identity.md): numbered directories, and the symbolic link
/// `current` to the one in use. Whatever is done is done in a new directory and synced; then the link is replaced by rename,
/// so that a kill or a power cut at any point leaves the old one or the new one, whole.
public struct IdentityDirectory: Sendable {
  public static let standardPath = "/var/lib/fieldgate/identity"

  public let path: String

  public init(_ path: String = Self.standardPath) { self.path = path }

  /// The three files of one numbered directory.
  public struct Files: Hashable, Sendable {
    public var authority: String
    public var certificate: String
    public var key: String

    init(in directory: String) {
      authority = "\(directory)/ca.pem"
      certificate = "\(directory)/certificate.pem"
      key = "\(directory)/key.pem"
    }
  }

  /// What stands in a numbered directory.
  public struct Slot: Hashable, Sendable {
    public var number: Int
    /// There is a key that can be used.
    public var hasKey: Bool
    /// `fieldgate enroll` made it, for a ticket. Without a certificate it is nothing that a renewal may go on with.
    public var isOfEnrolment = false
    /// Of the certificate, where there is one that belongs to the key, and the CA's.
    public var certificate: CertificateFacts?
  }

  /// Through the link; what they name changes with every renewal.
  public var current: Files { Files(in: "\(path)/current") }

  public func files(_ number: Int) -> Files { Files(in: "\(path)/\(number)") }

  /// The number that `current` points to; nil when there is none.
  public var currentNumber: Int? {
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = readlink("\(path)/current", &buffer, buffer.count)
    guard count > 0, count < buffer.count else { return nil }
    return Int(String(decoding: buffer.prefix(count), as: UTF8.self))
  }

  /// Of all numbered directories, the lowest first.
  public func slots() -> [Slot] { numbers().map(slot) }

  public func slot(_ number: Int) -> Slot {
    var slot = contents(number)
    slot.isOfEnrolment = access(mark(number), F_OK) == 0
    return slot
  }

  private func mark(_ number: Int) -> String { "\(path)/\(number)/enrolment" }

  private func contents(_ number: Int) -> Slot {
    let files = files(number)
    guard let key = try? PrivateKey(pemFile: files.key) else { return Slot(number: number, hasKey: false) }
    guard let certificate = try? CertificateBundle(pemFile: files.certificate).certificates.first,
      certificate.belongs(to: key), access(files.authority, R_OK) == 0
    else { return Slot(number: number, hasKey: true) }
    return Slot(number: number, hasKey: true, certificate: CertificateFacts(certificate))
  }

  private func numbers() -> [Int] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var found: [Int] = []
    while let entry = readdir(folder), found.count < 1_000 {
      let name = withUnsafePointer(to: entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let number = Int(name), number > 0, String(number) == name { found.append(number) }
    }
    return found.sorted()
  }

  // MARK: Changes

  /// Makes the directory where it is missing, and makes sure that it can be written.
  public func prepare() throws(IdentityError) {
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw failure("make", path, errno) }
    guard access(path, W_OK | X_OK) == 0 else { throw failure("write to", path, errno) }
  }

  /// Makes the next numbered directory, with a new key in it.
  ///
  /// - Parameter isOfEnrolment: it is marked as one for a ticket, before it has the key.
  public func makeSlot(isOfEnrolment: Bool = false) throws(IdentityError) -> Int {
    let number = (numbers().last ?? 0) + 1
    let directory = "\(path)/\(number)"
    guard mkdir(directory, 0o700) == 0 else { throw failure("make", directory, errno) }
    if isOfEnrolment { try write([], mark(number)) }
    do throws(CertificateError) {
      try PrivateKey.make().write(to: files(number).key)
    } catch {
      remove(number)
      throw IdentityError("\(error)", next: Self.advice)
    }
    try sync(directory)
    try sync(path)
    return number
  }

  /// Puts the chain and the root into a numbered directory; the certificate last, because with it the directory is whole.
  ///
  /// - Parameter certificate: PEM with the gateway's first; nil: the root alone.
  public func write(authority: [UInt8], certificate: [UInt8]?, to number: Int) throws(IdentityError) {
    try write(authority, files(number).authority)
    if let certificate { try write(certificate, files(number).certificate) }
    try sync("\(path)/\(number)")
  }

  /// Lets `current` point to a numbered directory from now on.
  public func swap(to number: Int) throws(IdentityError) {
    let new = "\(path)/current.new"
    unlink(new)
    guard symlink("\(number)", new) == 0 else { throw failure("make", new, errno) }
    guard rename(new, "\(path)/current") == 0 else { throw failure("replace", "\(path)/current", errno) }
    try sync(path)
  }

  /// Removes a numbered directory that is not in use.
  public func remove(_ number: Int) {
    guard number != currentNumber else { return }
    let files = files(number)
    // The certificate first: what is left after a kill is then not whole.
    for file in [files.certificate, files.authority, files.key, mark(number)] {
      unlink("\(file).new")
      unlink(file)
    }
    rmdir("\(path)/\(number)")
  }

  private func write(_ bytes: [UInt8], _ file: String) throws(IdentityError) {
    let new = "\(file).new"
    unlink(new)
    let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("write", file, errno) }
    defer { close(descriptor) }
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
      let code = errno
      unlink(new)
      throw failure("write", file, code)
    }
    guard rename(new, file) == 0 else { throw failure("write", file, errno) }
  }

  private func sync(_ directory: String) throws(IdentityError) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("sync", directory, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("sync", directory, errno) }
  }

  private static let advice = "look at the disk (df -h) and at the directory's owner (ls -ld)"

  private func failure(_ what: String, _ path: String, _ code: Int32) -> IdentityError {
    IdentityError(
      "cannot \(what) \(path) (\(String(cString: strerror(code))))",
      next: code == EACCES || code == EPERM ? "run it with sudo, or as the user fieldgate" : Self.advice)
  }
}

/// What is worth knowing of a certificate.
public struct CertificateFacts: Hashable, Sendable {
  /// Hexadecimal, lower case.
  public var serial: String
  public var commonName: String
  /// Seconds since 1970.
  public var notBefore: Int64
  public var notAfter: Int64

  public init(serial: String, commonName: String, notBefore: Int64, notAfter: Int64) {
    self.serial = serial
    self.commonName = commonName
    self.notBefore = notBefore
    self.notAfter = notAfter
  }

  init(_ certificate: Certificate) {
    self.init(
      serial: certificate.serial, commonName: certificate.commonName ?? "", notBefore: certificate.notBefore,
      notAfter: certificate.notAfter)
  }
}
