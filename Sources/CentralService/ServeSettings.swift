import HummingbirdCore
import NIOCore

/// How central is to run: the options of `fieldgate-central serve`.
public struct ServeSettings: Sendable {
  /// Where gateways and operators connect, over TLS. Port 0 takes a free one.
  public var host: String
  public var port: Int
  /// Directory of the store; made when missing, for its owner only.
  public var data: String
  public var identity: Identity
  /// Where /healthz and /metrics answer, without TLS; meant for the loopback interface.
  public var metricsHost: String
  public var metricsPort: Int
  /// Where gateways reach this central, for tickets; nil: by the first name in its certificate and the port.
  public var publicURL: String?
  /// Gets `{"port": …, "metrics_port": …, "pid": …}` once both listen.
  public var readyFile: String?

  public init(
    host: String, port: Int, data: String, identity: Identity, metricsHost: String, metricsPort: Int,
    publicURL: String? = nil, readyFile: String?
  ) {
    self.publicURL = publicURL
    self.host = host
    self.port = port
    self.data = data
    self.identity = identity
    self.metricsHost = metricsHost
    self.metricsPort = metricsPort
    self.readyFile = readyFile
  }

  /// By what central knows who is at the other end.
  public enum Identity: Sendable {
    /// PEM files: the CA that signs client certificates, and central's own certificate and key. Every certificate of
    /// that CA is taken.
    case files(authority: String, certificate: String, key: String)
    /// The authority and the identity store in the data directory.
    case ownAuthority(OwnAuthority)
  }

  /// How central's own authority works.
  public struct OwnAuthority: Sendable {
    /// How long gateways' certificates live, in seconds; 60 to 398 days.
    public var certificateSeconds: Int64
    /// Where certificates that have ended may be renewed; nil: nowhere.
    public var lateHost: String?
    public var latePort: Int

    public init(certificateSeconds: Int64, lateHost: String?, latePort: Int) {
      self.certificateSeconds = certificateSeconds
      self.lateHost = lateHost
      self.latePort = latePort
    }
  }

  /// Connections at a time: two a gateway for a thousand gateways.
  static let maximumConnections = 2_048
  /// A connection without traffic is closed after this; gateways open a new one when they need it.
  static let idleSeconds: Int64 = 120
  /// A request's head: gateways and curl send under 1 KiB.
  static let maximumHeadBytes = 16 << 10

  /// The bounds of each connection.
  static var channel: HTTP1Channel.Configuration {
    HTTP1Channel.Configuration(
      additionalChannelHandlers: [RequestDeadline(), RequestPaceHandler(.shared)], idleTimeout: .seconds(idleSeconds),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: maximumHeadBytes, maxHeaderListSize: maximumHeadBytes, maxHeaderFieldCount: 64))
  }
}

/// What keeps central from starting, in one line, with the next step.
public struct CentralStartError: Error, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}
