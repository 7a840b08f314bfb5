import CentralCore
import CertificateAuthority
import Enrolment
import HTTPTypes
import Hummingbird
import NIOCore
import PKI
import SQLiteIdentityStore
import Synchronization
import Telemetry
import Threads

/// Enrolment over Secure Transport (RFC 7030 and RFC 8951), and what gateways say about their certificates
/// (`docs/identity.md`).
struct ESTRoutes {
  let desk: IdentityDesk
  /// The listener for certificates that have ended.
  let isLate: Bool

  func add(to router: Router<CentralContext>) {
    router.get("/.well-known/est/cacerts") { _, _ in
      Self.answer(desk.authoritiesText, type: "application/pkcs7-mime")
    }
    router.post("/.well-known/est/simplereenroll") { request, context in try await renew(request, context) }
    guard !isLate else { return }
    router.get("/.well-known/est/csrattrs") { _, _ in Response(status: .noContent) }
    router.post("/.well-known/est/simpleenroll") { request, context in try await enrol(request, context) }
    router.post("/v1/certificate/proven") { _, context in
      let peer = try await context.admittedPeer()
      let now = SystemClock.wall()
      try await context.ask { try $0.store.confirm(serial: peer.serial, of: peer.name, now: now) }
      return Response(status: .noContent)
    }
  }

  private static func answer(_ text: [UInt8], type: String) -> Response {
    var response = Response.bytes(text, type: type)
    // RFC 8951 made it superfluous; clients of the older text look for it.
    if let name = HTTPField.Name("Content-Transfer-Encoding") { response.headers[name] = "base64" }
    return response
  }

  private func enrol(_ request: Request, _ context: CentralContext) async throws -> Response {
    let address = context.address
    let monotonic = SystemClock.monotonic()
    if let seconds = desk.strangers.withLock({ $0.wait(address, now: monotonic) }) {
      throw CentralHTTPError(.tooManyAttempts, retryAfter: seconds)
    }
    guard let (name, secretText) = context.basicCredentials, Ticket.isName(name),
      let secret = EnrolmentSecret(secretText)
    else {
      if context.authorization != nil { desk.strangers.withLock { $0.failed(address, now: monotonic) } }
      throw CentralHTTPError(.ticketUnknown)
    }
    let wanted = try await certificateRequest(request)
    let digest = IdentityDesk.ticketDigest(gateway: name, secret: secret)
    let now = SystemClock.wall()
    let seconds = desk.certificateSeconds
    let outcome = try await context.ask { means in
      let read = try Self.read(wanted)
      return try means.store.enrol(
        name, digest: digest, requested: read.commonName, keyDigest: read.keyDigest, place: address, now: now
      ) { try Self.make(means.authority, read, name, seconds, now) }
    }
    switch outcome {
    case .certificate(let der): return try Self.certificate(der)
    case .refused(let refusal):
      desk.strangers.withLock { $0.failed(address, now: monotonic) }
      RefusalLog.shared.refused("\(name) at \(address)", "enrolment: \(refusal.rawValue)")
      throw CentralHTTPError(refusal)
    }
  }

  private func renew(_ request: Request, _ context: CentralContext) async throws -> Response {
    let peer = isLate ? try await context.peer() : try await context.admittedPeer()
    let wanted = try await certificateRequest(request)
    let now = SystemClock.wall()
    let seconds = desk.certificateSeconds
    let address = context.address
    let hasEnded = now.milliseconds / 1_000 >= peer.notAfter
    let outcome = try await context.ask { means in
      let read = try Self.read(wanted)
      return try means.store.renew(
        peer.name, serial: peer.serial, requested: read.commonName, keyDigest: read.keyDigest, isLate: hasEnded,
        place: address, now: now
      ) { try Self.make(means.authority, read, peer.name, seconds, now) }
    }
    switch outcome {
    case .certificate(let der): return try Self.certificate(der)
    case .refused(let refusal):
      RefusalLog.shared.refused("\(peer.name) at \(address)", "renewal: \(refusal.rawValue)")
      throw CentralHTTPError(refusal)
    }
  }

  private func certificateRequest(_ request: Request) async throws -> [UInt8] {
    do {
      // Base 64 takes a third more, and line breaks a little.
      let body = try await request.body.collect(upTo: CertificateRequest.maximumBytes * 3 / 2)
      guard let der = Base64.decode(Array(body.readableBytesView)) else {
        throw CentralHTTPError(.badRequest, detail: "the body is no base 64")
      }
      return der
    } catch is NIOTooManyBytesError {
      throw CentralHTTPError(.badRequest, detail: "a request has \(CertificateRequest.maximumBytes) bytes at most")
    }
  }

  private static func read(_ der: [UInt8]) throws -> CertificateRequest {
    do throws(CertificateRequest.Refusal) {
      return try CertificateRequest(der: der)
    } catch {
      switch error {
      case .unreadable(let text): throw CentralHTTPError(.badRequest, detail: text)
      case .key(let text): throw CentralHTTPError(.keyRefused, detail: text)
      }
    }
  }

  private static func make(
    _ authority: CertificateAuthority, _ request: CertificateRequest, _ name: String, _ seconds: Int64, _ now: Timestamp
  ) throws -> NewCertificate {
    let made = try authority.gatewayCertificate(
      request, name: name, validFor: seconds, now: now.milliseconds / 1_000)
    return NewCertificate(
      serial: made.serial, notBefore: made.notBefore, notAfter: made.notAfter, der: made.der)
  }

  private static func certificate(_ der: [UInt8]) throws -> Response {
    answer(
      try CertificateAuthority.answer(try Certificate(der: der)),
      type: "application/pkcs7-mime; smime-type=certs-only")
  }
}
