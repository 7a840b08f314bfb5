import CentralCore
import Enrolment
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOSSL
import PKI
import SQLiteIdentityStore
import Synchronization
import Telemetry
import Threads

/// Who is at the other end, where central has identities of its own.
struct Peer: Sendable {
  var name: String
  var organizationalUnit: String?
  var serial: String
  /// Seconds since 1970.
  var notAfter: Int64
}

/// Gives each request what tells who sent it.
struct AccessMiddleware: RouterMiddleware {
  /// Nil: certificates of the CA are believed as they are.
  let desk: IdentityDesk?

  func handle(
    _ request: Request, context: CentralContext, next: (Request, CentralContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    context.desk = desk
    context.authorization = request.headers[.authorization]
    return try await next(request, context)
  }
}

extension CentralContext {
  /// Whoever has sent this, as an IP address.
  var address: String { channel.remoteAddress?.ipAddress ?? "an unknown address" }

  /// The holder of the client's certificate. TLS has verified the chain.
  func peer() async throws -> Peer {
    guard let presented = try await channel.nioSSL_peerCertificate().get() else {
      throw CentralHTTPError(.unauthorized, "unauthorized", "this needs a client certificate")
    }
    do {
      let der = try presented.toDERBytes()
      let identity = try CertificateIdentity(der: der)
      return Peer(
        name: identity.commonName, organizationalUnit: identity.organizationalUnit,
        serial: try Certificate(der: der).serial, notAfter: identity.notAfter)
    } catch {
      throw CentralHTTPError(.forbidden, "forbidden", "the client certificate cannot be used: \(error)")
    }
  }

  /// The gateway that sent this, with a certificate that central knows and takes.
  func admittedPeer() async throws -> Peer {
    let peer = try await peer()
    let now = SystemClock.wall()
    let admission = try await ask { try $0.store.admit(serial: peer.serial, of: peer.name, now: now) }
    if case .refuse(let refusal) = admission {
      RefusalLog.shared.refused("\(peer.name) at \(address)", "\(refusal.message) (serial \(peer.serial))")
      throw CentralHTTPError(refusal)
    }
    return peer
  }

  /// Asks the identity store; what cannot be answered now is answered with 503, so that nothing is lost.
  func ask<Result: Sendable>(
    _ body: @escaping @Sendable (IdentityDesk.Means) throws -> Result
  ) async throws -> Result {
    guard let desk else {
      throw CentralHTTPError(.notFound, "not-found", "this central has no certificate authority of its own")
    }
    do {
      return try await desk.run(body)
    } catch is IdentityDesk.Busy {
      throw CentralHTTPError(.serviceUnavailable, "busy", "central is busy; try again in a moment", retryAfter: 2)
    } catch let error as IdentityStoreError {
      RefusalLog.shared.refused("identity store", error.description)
      throw CentralHTTPError(
        .serviceUnavailable, "storage", "central cannot look into its identity store; see its log", retryAfter: 30)
    }
  }

  /// Name and secret of HTTP Basic (RFC 7617).
  var basicCredentials: (name: String, secret: String)? {
    guard let text = authorizationValue("basic"), let bytes = Base64.decode(Array(text.utf8)),
      let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
    else { return nil }
    return (
      String(decoding: bytes[..<colon], as: UTF8.self), String(decoding: bytes[(colon + 1)...], as: UTF8.self)
    )
  }

  private func authorizationValue(_ scheme: String) -> String? {
    guard let authorization, authorization.utf8.count <= 1_024, let space = authorization.firstIndex(of: " "),
      authorization[..<space].lowercased() == scheme
    else { return nil }
    return String(authorization[authorization.index(after: space)...].drop { $0 == " " })
  }

  /// The operator who sent this, by token or password.
  ///
  /// - Parameter least: the role that it needs.
  func signedIn(_ desk: IdentityDesk, least: OperatorRole) async throws -> String {
    let now = SystemClock.monotonic()
    if let seconds = desk.strangers.withLock({ $0.wait(address, now: now) }) {
      throw CentralHTTPError(.tooManyAttempts, retryAfter: seconds)
    }
    let found: (name: String, role: OperatorRole)?
    if let token = authorizationValue("bearer") {
      let digest = IdentityDesk.tokenDigest(token)
      let wall = SystemClock.wall()
      found = try await ask { try $0.store.operatorOfToken(digest: digest, now: wall) }
    } else if let (name, password) = basicCredentials {
      found = try await signIn(desk, name, password, now)
    } else {
      throw unauthorized("this needs an operator's token (Authorization: Bearer …) or name and password")
    }
    guard let found else {
      desk.strangers.withLock { $0.failed(address, now: now) }
      RefusalLog.shared.refused("an operator at \(address)", "wrong token or password")
      throw unauthorized("the token or the password is wrong, has ended or was revoked")
    }
    guard found.role >= least else {
      throw CentralHTTPError(
        .forbidden, "forbidden", "this needs the role \(least.rawValue), and \(found.name) is \(found.role.rawValue)")
    }
    return found.name
  }

  private func signIn(
    _ desk: IdentityDesk, _ name: String, _ password: String, _ now: MonotonicTime
  ) async throws -> (name: String, role: OperatorRole)? {
    if let seconds = desk.guesses.withLock({ $0.wait(name, now: now) }) {
      throw CentralHTTPError(.tooManyAttempts, retryAfter: seconds)
    }
    let known = try await ask { try $0.store.password(of: name) }
    // A name that does not exist takes as long as a wrong password, and so is not found out.
    guard let fits = await desk.fits(password, known?.hash ?? IdentityDesk.nobodysHash) else {
      throw CentralHTTPError(.serviceUnavailable, "busy", "too many sign in just now; try again", retryAfter: 1)
    }
    guard fits, let known else {
      desk.guesses.withLock { $0.failed(name, now: now) }
      return nil
    }
    desk.guesses.withLock { $0.succeeded(name) }
    return (name, known.role)
  }

  private func unauthorized(_ message: String) -> CentralHTTPError {
    CentralHTTPError(.unauthorized, "unauthorized", message)
  }
}

extension CentralHTTPError {
  /// A refusal that gateways understand: its code also stands in a header (`docs/identity.md`).
  init(_ refusal: EnrolmentRefusal, detail: String? = nil, retryAfter: Int? = nil) {
    self.init(
      .init(code: refusal.httpStatus), refusal.rawValue,
      refusal.message + (detail.map { ": \($0)" } ?? "") + ". Next: " + refusal.nextStep, retryAfter: retryAfter)
    isEnrolmentRefusal = true
  }
}
