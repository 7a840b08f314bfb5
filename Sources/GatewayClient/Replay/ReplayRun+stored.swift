import GatewayConfiguration
import Glibc

/// Values that are stored already, here or at central.
extension ReplayRun {
  /// How an operator reaches central; what is nil is as in the configuration.
  public struct CentralAccess: Sendable {
    /// `https://HOST[:PORT]`
    public var url: String?
    /// PEM file of the CA that signed central's certificate.
    public var authority: String?
    /// PEM files of an operator's certificate and key.
    public var certificate: String?
    public var key: String?
    /// A file with an operator's token.
    public var tokenFile: String?

    public init() {}
  }

  /// The values in this gateway's outbox, asked of its daemon.
  ///
  /// - Parameter socket: the daemon's; nil: that of the configuration.
  public mutating func runFromOutbox(
    socket: String?, output: ([UInt8]) throws -> Void, summary: (String) -> Void, progress: (String) -> Void
  ) throws {
    let range = try ReplayBounds.range(from: request.from, until: request.until, now: ReplayBounds.now())
    let source = try OutboxSamples(tag: request.tag, range: range, socket: socket ?? settings.api.socket)
    try run(source, output: output, summary: summary, progress: progress)
  }

  /// The values that central has of this gateway.
  public mutating func runFromCentral(
    _ access: CentralAccess, output: ([UInt8]) throws -> Void, summary: (String) -> Void, progress: (String) -> Void
  ) throws {
    let range = try ReplayBounds.range(from: request.from, until: request.until, now: ReplayBounds.now())
    let source = CentralSamples(
      gateway: settings.gateway, tag: request.tag, range: range, access: try resolved(access))
    try run(source, output: output, summary: summary, progress: progress)
  }

  private func resolved(_ access: CentralAccess) throws -> CentralSamples.Access {
    guard var url = access.url ?? settings.central?.url, url.hasPrefix("https://") else {
      throw Failure(
        description: access.url.map { "--url \($0) does not begin with https://" }
          ?? "\(request.configuration) names no central; give --url https://HOST:PORT")
    }
    guard
      let authority = access.authority
        ?? settings.central.flatMap({ CentralSettings.file($0.authority, credentials: nil) })
    else {
      throw Failure(description: "give the CA that signed central's certificate: --ca FILE")
    }
    guard (access.certificate != nil && access.key != nil) || access.tokenFile != nil else {
      throw Failure(
        description:
          "central shows values to operators only: give --certificate FILE and --key FILE, or --token-file FILE")
    }
    for (file, option) in [(authority, "--ca"), (access.certificate, "--certificate"), (access.key, "--key")] {
      if let file, Glibc.access(file, R_OK) != 0 {
        throw Failure(
          description: "\(file) cannot be read (\(String(cString: strerror(errno)))); name another with \(option)")
      }
    }
    while url.hasSuffix("/") { url.removeLast() }
    return CentralSamples.Access(
      url: url, authority: authority, certificate: access.certificate, key: access.key,
      token: try access.tokenFile.map(Self.token), proxy: settings.central?.proxy)
  }

  private static func token(_ path: String) throws -> String {
    guard let text = EnrolmentRun.readFile(path) else {
      throw Failure(description: "\(path) cannot be read (\(String(cString: strerror(errno))))")
    }
    let token = text.split { $0.isWhitespace }.first.map(String.init) ?? ""
    guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw Failure(description: "\(path) holds no token")
    }
    return token
  }
}
