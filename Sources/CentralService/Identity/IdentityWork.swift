public import CentralCore
public import CertificateAuthority
public import Enrolment
import Glibc
import OwnerRights
import PKI
import PasswordHash
public import SQLiteIdentityStore
public import Telemetry
import Threads

/// What the operator's commands on the server do with central's identities; the API does the same (`docs/identity.md`).
public struct IdentityWork {
  /// Central's data directory.
  public let data: String
  /// Who does it, for the audit log.
  public let who: String

  /// The system's user who runs the service in Debian's packages.
  static let serviceUser = "fieldgate-central"

  public init(data: String) {
    self.data = data
    let user =
      getenv("SUDO_USER").map { String(cString: $0) } ?? getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) }
    who = "\(user ?? String(getuid()))@server"
  }

  public var authority: AuthorityDirectory { AuthorityDirectory(data: data) }

  /// With the rights of the data directory's owner.
  public func withStore<Value>(_ body: (SQLiteIdentityStore) throws -> Value) throws -> Value {
    try OwnerRights.asOwner(ofDirectory: data, serviceUser: Self.serviceUser) {
      try requireAuthority()
      let store = try SQLiteIdentityStore(directory: data)
      defer { store.close() }
      return try body(store)
    }
  }

  private func requireAuthority() throws {
    guard !authority.exists else { return }
    // Nobody else may look into the directory, so to others it seems empty.
    if errno == EACCES || errno == EPERM {
      throw IdentityStoreError(
        "you may not look into \(data), which belongs to the service: run this with sudo, or as its owner")
    }
    throw IdentityStoreError(
      "\(authority.path) holds no certificate authority, so there are no identities to look after: "
        + "'fieldgate-central ca init' makes one, and --data names another data directory")
  }

  /// With the rights of the data directory's owner, which is made where it is missing.
  public func withAuthority<Value>(_ body: (AuthorityDirectory) throws -> Value) throws -> Value {
    try OwnerRights.asOwner(ofDirectory: data, serviceUser: Self.serviceUser) { try body(authority) }
  }

  /// As ``withAuthority(_:)``, where there is one already.
  public func withExistingAuthority<Value>(_ body: (AuthorityDirectory) throws -> Value) throws -> Value {
    try withAuthority {
      try requireAuthority()
      return try body($0)
    }
  }

  /// The first line of the audit log, and with it the store.
  public func recordAuthority(_ action: String) throws {
    let root = Digest(bytes: try withAuthority { try $0.rootCertificate().sha256 })
    try withStore { store in
      try store.record(action, about: "authority", detail: root.description, by: who, now: SystemClock.wall())
    }
  }

  /// Makes a ticket.
  ///
  /// - Parameters:
  ///   - url: nil: where the service said that gateways reach it.
  ///   - seconds: how long it is good.
  /// - Returns: with remarks for whoever made it, where the address may not do.
  public func makeTicket(
    gateway: String, site: String?, url: String?, seconds: Int64
  ) throws -> (ticket: Ticket, record: TicketRecord, remarks: [String]) {
    let facts = try withExistingAuthority { try AuthorityFacts($0, data: data) }
    let made = try withStore {
      try IdentityActs(store: $0, who: who).makeTicket(
        facts, gateway: gateway, site: site, url: url, seconds: seconds)
    }
    var remarks: [String] = []
    if url == nil, facts.isPortGuessed {
      remarks.append("the service has not run yet, so the ticket says \(made.ticket.url); --url names another address")
    }
    if !facts.knows(hostOf: made.ticket.url) {
      remarks.append(
        "the host of \(made.ticket.url) is no name in central's certificate (\(facts.names.joined(separator: ", "))), so "
          + "gateways would refuse it: add it with 'fieldgate-central ca server-names', or give another --url")
    }
    return (made.ticket, made.record, remarks)
  }

  /// Whether it can be the name of an operator or a gateway.
  public static func isName(_ text: String) -> Bool { Ticket.isName(text) }

  /// Hashes a password.
  ///
  /// - Throws: when it is too short or too long.
  public static func hash(_ password: String) throws -> String { try IdentityActs.hash(password) }

  /// A new token of an operator, which is shown once and kept as a hash.
  ///
  /// - Parameter seconds: how long it is good; nil: until it is revoked.
  public func makeToken(
    of name: String, label: String, seconds: Int64?
  ) throws -> (token: String, record: TokenRecord) {
    try withStore { try IdentityActs(store: $0, who: who).makeToken(of: name, label: label, seconds: seconds) }
  }
}
