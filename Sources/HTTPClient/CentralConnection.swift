import CCurl
public import GatewayCore
import Threads

/// Where central is and how this gateway proves who it is.
public struct CentralEndpoint: Sendable {
  /// `https://HOST[:PORT]`
  public var url: String
  /// PEM files.
  public var authority: String
  public var certificate: String
  public var key: String
  /// Limit on what is sent, TLS and TCP included; nil: none.
  public var maximumBytesPerSecond: Int?
  /// `http://HOST:PORT`; nil: as the environment says.
  public var proxy: String?

  public init(
    url: String, authority: String, certificate: String, key: String, maximumBytesPerSecond: Int? = nil,
    proxy: String? = nil
  ) {
    self.proxy = proxy
    self.maximumBytesPerSecond = maximumBytesPerSecond
    self.url = url
    self.authority = authority
    self.certificate = certificate
    self.key = key
  }
}

/// Requests to central over HTTPS with mutual TLS, several at a time, on one thread with libcurl's multi interface.
///
/// Connections are kept open between requests. A request that makes no progress for 30 s fails; the whole of it may take
/// up to 10 minutes, because 4 MiB over a poor cellular link do.
public final class CentralConnection: @unchecked Sendable {  // handles: one thread; wakeup: thread-safe
  enum Order: Sendable {
    case perform(HTTPRequest)
    case stop
  }

  static let connectTimeoutSeconds = 15
  static let stallTimeoutSeconds = 30
  static let totalTimeoutSeconds = 600

  private let endpoint: CentralEndpoint
  private let orders = Mailbox<Order>(capacity: 64)
  private let onResult: @Sendable (HTTPResult) -> Void
  private let multi: OpaquePointer
  private var thread: NamedThread?

  /// - Parameter onResult: called on the connection's thread, once for each request; must not block.
  public init(endpoint: CentralEndpoint, onResult: @escaping @Sendable (HTTPResult) -> Void) throws(HTTPClientError) {
    guard curl_global_init(Self.flags) == CURLE_OK, let multi = curl_multi_init() else {
      throw HTTPClientError(description: "libcurl cannot be initialised")
    }
    self.endpoint = endpoint
    self.onResult = onResult
    self.multi = OpaquePointer(multi)
    // As many connections as requests in flight: two of telemetry, one of alarms, one spare.
    fieldgate_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 4)
    thread = NamedThread("central") { [self] in run() }
  }

  /// CURL_GLOBAL_DEFAULT: TLS included; the macro does not reach Swift.
  private static let flags = 3

  /// Begins a request; its result comes to `onResult`, whatever happens.
  public func perform(_ request: HTTPRequest) {
    guard orders.send(.perform(request)) else {
      onResult(HTTPResult(identifier: request.identifier, outcome: .failed("too many requests wait")))
      return
    }
    curl_multi_wakeup(UnsafeMutableRawPointer(multi))
  }

  /// Drops what is in flight (its outcome is then unknown) and ends the thread.
  public func stop() {
    orders.send(.stop, always: true)
    curl_multi_wakeup(UnsafeMutableRawPointer(multi))
    thread?.join()
    thread = nil
  }

  private func run() {
    var line = TransferLine(multi: UnsafeMutableRawPointer(multi), endpoint: endpoint, onResult: onResult)
    defer { line.close() }
    while true {
      for order in orders.receive(timeout: .zero) {
        guard case .perform(let request) = order else { return }
        line.add(request)
      }
      line.turn()
    }
  }
}

/// What libcurl refused at start, in one line.
public struct HTTPClientError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
}
