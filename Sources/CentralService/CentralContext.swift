import CentralCore
import Hummingbird
import NIOCore
import NIOSSL
import PKI

/// What a request carries: the connection, from whose certificate its sender is known.
struct CentralContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel
  /// Where central has identities of its own; nil: the CA's word is enough.
  var desk: IdentityDesk?
  /// The request's header.
  var authorization: String?

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// Roles by organizational unit. A certificate has one.
  enum Role: String {
    /// Sends batches and asks for its positions.
    case gateway
    /// Reads everything.
    case `operator`
  }

  /// The gateway that sent this.
  func gateway() async throws -> String {
    guard desk != nil else { return try await name(as: .gateway) }
    return try await admittedPeer().name
  }

  /// The operator who sent this, provided the role is enough. Certificates with OU=operator may do what operators do.
  func `operator`(_ least: OperatorRole) async throws -> String {
    guard let desk else { return try await name(as: .operator) }
    return try await signedIn(desk, least: least)
  }

  /// The name in the client's certificate, provided it has the role. TLS has verified the chain and the validity before any
  /// request is read.
  private func name(as role: Role) async throws -> String {
    guard let certificate = try await channel.nioSSL_peerCertificate().get() else {
      throw CentralHTTPError(.forbidden, "forbidden", "this connection has no client certificate")
    }
    let identity: CertificateIdentity
    do {
      identity = try CertificateIdentity(der: try certificate.toDERBytes())
    } catch {
      throw CentralHTTPError(.forbidden, "forbidden", "the client certificate cannot be used: \(error)")
    }
    guard identity.organizationalUnit == role.rawValue else {
      throw refusal(
        identity,
        "this needs a certificate with OU=\(role.rawValue), and that of \(identity.commonName) has "
          + (identity.organizationalUnit.map { "OU=\($0)" } ?? "none"))
    }
    let isName: (UInt8) -> Bool = { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard identity.commonName.utf8.allSatisfy(isName) else {
      throw refusal(
        identity, "'\(identity.commonName)' is no name: it may have letters, digits and the signs _ - .")
    }
    return identity.commonName
  }

  /// The client reads why, and so does whoever looks after central.
  private func refusal(_ identity: CertificateIdentity, _ message: String) -> CentralHTTPError {
    let place = channel.remoteAddress?.ipAddress.map { " at \($0)" } ?? ""
    RefusalLog.shared.refused(identity.commonName + place, message)
    return CentralHTTPError(.forbidden, "forbidden", message)
  }
}
