import CentralCore
import CertificateAuthority
import Enrolment
import PKI
import PasswordHash
import SQLiteIdentityStore
import Telemetry
import Threads

/// What tickets say about central.
struct AuthorityFacts: Sendable {
  var root: Digest
  /// Where the service said that gateways reach it; otherwise the first name in central's certificate, with its port.
  var usualURL: String
  /// The service has not run yet, so the port is only the usual one.
  var isPortGuessed: Bool
  /// In central's certificate.
  var names: [String]

  /// - Parameter data: central's data directory.
  init(_ authority: AuthorityDirectory, data: String) throws {
    root = Digest(bytes: try authority.rootCertificate().sha256)
    let address = PublicAddress(data: data)
    names = try authority.serverCertificate().serverNames().map(\.text)
    usualURL = address.url(name: names[0])
    isPortGuessed = address.isGuess
  }

  /// Whether central's certificate is good for the host of an address.
  func knows(hostOf url: String) -> Bool {
    let rest = url.dropFirst("https://".count)
    let host =
      rest.hasPrefix("[") ? rest.dropFirst().prefix { $0 != "]" } : rest.prefix { $0 != ":" && $0 != "/" }
    return names.contains { $0.lowercased() == host.lowercased() }
  }
}

/// What makes secrets: the same for commands on the server and for the API.
struct IdentityActs {
  let store: SQLiteIdentityStore
  /// For the audit log.
  let who: String

  /// The longest that a ticket or a token is good, in seconds: ten years.
  static let longestSeconds: Int64 = 3_653 * 86_400

  func makeTicket(
    _ facts: AuthorityFacts, gateway: String, site: String?, url: String?, seconds: Int64
  ) throws -> (ticket: Ticket, record: TicketRecord) {
    let place = url ?? facts.usualURL
    guard Ticket.isURL(place) else {
      throw IdentityStoreError("'\(place)' is no address of a central: https://HOST or https://HOST:PORT")
    }
    guard Ticket.isName(gateway) else {
      throw IdentityStoreError("'\(gateway)' is no name of a gateway: 1 to 64 letters, digits and the signs _ - .")
    }
    if let site, !Ticket.isSite(site) {
      throw IdentityStoreError("'\(site)' is no name of a site: 1 to 64 characters")
    }
    guard (1...Self.longestSeconds).contains(seconds) else {
      throw IdentityStoreError("a ticket is good for 1 second to ten years")
    }
    let now = SystemClock.wall()
    let ticket = Ticket(
      gateway: gateway, site: site, url: place, root: facts.root,
      secret: EnrolmentSecret(random: try RandomBytes.make(EnrolmentSecret.randomByteCount)),
      expires: now + .seconds(seconds))
    let record = try store.addTicket(
      gateway: gateway, site: site, digest: IdentityDesk.ticketDigest(gateway: gateway, secret: ticket.secret),
      expires: ticket.expires, by: who, now: now)
    return (ticket, record)
  }

  static func hash(_ password: String) throws -> String {
    let count = password.utf8.count
    guard count >= PasswordHash.minimumBytes, count <= PasswordHash.maximumBytes else {
      throw IdentityStoreError(
        "a password has \(PasswordHash.minimumBytes) to \(PasswordHash.maximumBytes) bytes, and this has \(count): "
          + "four random words make a good one")
    }
    return try PasswordHash.make(password, salt: try RandomBytes.make(PasswordHash.saltBytes))
  }

  func makeToken(of name: String, label: String, seconds: Int64?) throws -> (token: String, record: TokenRecord) {
    guard seconds.map({ (1...Self.longestSeconds).contains($0) }) ?? true, (1...64).contains(label.count) else {
      throw IdentityStoreError("a token is good for 1 second to ten years, and its label has 1 to 64 characters")
    }
    let now = SystemClock.wall()
    // Base 64 for URLs (RFC 4648, section 5), without its padding.
    let letters = Base64.encode(try RandomBytes.make(32)).filter { $0 != UInt8(ascii: "=") }.map {
      $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0
    }
    let token = "fgt_" + String(decoding: letters, as: UTF8.self)
    let record = try store.addToken(
      of: name, label: label, digest: IdentityDesk.tokenDigest(token), expires: seconds.map { now + .seconds($0) },
      by: who, now: now)
    return (token, record)
  }
}
