public import Enrolment
import HTTPClient
import PKI

/// What a gateway asks of central's certificate authority: EST (RFC 7030 and RFC 8951), and the two requests that prove a
/// new certificate (docs/identity.md). Blocks.
public struct ESTClient: Sendable {
  /// `https://HOST[:PORT]`
  public var url: String
  /// `http://HOST:PORT`; nil: as the environment says.
  public var proxy: String?
  /// Asked about once a second; true ends the request under way.
  public var isCancelled: (@Sendable () -> Bool)?

  public init(url: String, proxy: String? = nil) {
    self.url = url
    self.proxy = proxy
  }

  /// Central's certificates in the form of EST, and its clock, from whoever answers: nobody has checked the server.
  public func authorities() throws(ESTFailure) -> (text: [UInt8], date: Int64?) {
    let answer = try perform(request("/.well-known/est/cacerts", trust: .unchecked))
    guard answer.status == 200 else { throw Self.failure(answer) }
    if let page = Self.page(answer) { throw .portal(page) }
    return (answer.body, answer.date)
  }

  /// Asks for the first certificate with a ticket.
  ///
  /// - Parameters:
  ///   - certificateRequest: PKCS #10, DER.
  ///   - authority: PEM file of the root that stands in the ticket.
  /// - Returns: EST's answer.
  public func enrol(
    name: String, secret: EnrolmentSecret, certificateRequest: [UInt8], authority: String
  ) throws(ESTFailure) -> [UInt8] {
    var request = request("/.well-known/est/simpleenroll", trust: .authority(authority))
    request.user = (name, secret.text)
    return try send(certificateRequest, request)
  }

  /// Asks for the next certificate with the one that is in use.
  public func renew(certificateRequest: [UInt8], files: IdentityDirectory.Files) throws(ESTFailure) -> [UInt8] {
    try send(certificateRequest, request("/.well-known/est/simplereenroll", files))
  }

  private func send(_ certificateRequest: [UInt8], _ request: DirectRequest) throws(ESTFailure) -> [UInt8] {
    var request = request
    request.body = Base64.encode(certificateRequest)
    request.contentType = "application/pkcs10"
    let answer = try perform(request)
    guard answer.status == 200 else { throw Self.failure(answer) }
    return answer.body
  }

  /// A request as any other of this gateway, with a certificate that is not yet in use.
  public func prove(_ files: IdentityDirectory.Files) throws(ESTFailure) {
    let path = "/v1/positions/00000000000000000000000000000001/telemetry"
    let answer = try perform(request(path, files))
    guard answer.status == 200 else { throw Self.failure(answer) }
  }

  /// Tells central that the certificate before this one is not needed any more; may be said twice.
  public func confirm(_ files: IdentityDirectory.Files) throws(ESTFailure) {
    var request = request("/v1/certificate/proven", files)
    request.body = []
    let answer = try perform(request)
    // A central without identities of its own has nothing to close.
    guard (200..<300).contains(answer.status) || answer.status == 404 else { throw Self.failure(answer) }
  }

  private func request(_ path: String, trust: DirectRequest.Trust) -> DirectRequest {
    var request = DirectRequest(url + path, trust: trust)
    request.proxy = proxy
    request.isCancelled = isCancelled
    return request
  }

  private func request(_ path: String, _ files: IdentityDirectory.Files) -> DirectRequest {
    var request = request(path, trust: .authority(files.authority))
    request.certificate = files.certificate
    request.key = files.key
    return request
  }

  private func perform(_ request: DirectRequest) throws(ESTFailure) -> DirectAnswer {
    do throws(DirectFailure) {
      return try request.perform()
    } catch {
      throw .network(error)
    }
  }

  /// What tells the answer of a login page; nil for anything else.
  private static func page(_ answer: DirectAnswer) -> String? {
    if (300..<400).contains(answer.status) {
      return "it sends us on to \(answer.headers["location"]?.prefix(200) ?? "another page")"
    }
    let isPage =
      answer.headers["content-type"]?.lowercased().contains("html") == true
      || answer.body.first { !" \r\n\t".utf8.contains($0) } == UInt8(ascii: "<")
    return isPage ? "it answers with a page for browsers, status \(answer.status)" : nil
  }

  private static func failure(_ answer: DirectAnswer) -> ESTFailure {
    if let code = answer.headers[EnrolmentRefusal.headerName.lowercased()] {
      if let refusal = EnrolmentRefusal(rawValue: code) {
        return .refused(refusal, retryAfterSeconds: answer.headers["retry-after"].flatMap { Int($0) })
      }
      return .unusable("a refusal '\(code.prefix(40))' that this version does not know; update the gateway")
    }
    if let page = page(answer) { return .portal(page) }
    return .notCentral("status \(answer.status)")
  }
}
