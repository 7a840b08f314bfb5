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
  /// Limit on what is sent; nil: none.
  public var maximumBytesPerSecond: Int?

  public init(
    url: String, authority: String, certificate: String, key: String, maximumBytesPerSecond: Int? = nil
  ) {
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
    let multi = UnsafeMutableRawPointer(self.multi)
    var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
    defer {
      for (handle, transfer) in transfers {
        curl_multi_remove_handle(multi, handle)
        onResult(HTTPResult(identifier: transfer.identifier, outcome: .failed("the gateway is stopping")))
      }
      transfers.removeAll()
      curl_multi_cleanup(multi)
    }
    while true {
      for order in orders.receive(timeout: .zero) {
        guard case .perform(let request) = order else { return }
        guard let transfer = Transfer(request, endpoint: endpoint),
          curl_multi_add_handle(multi, transfer.handle) == CURLM_OK
        else {
          onResult(HTTPResult(identifier: request.identifier, outcome: .failed("libcurl cannot begin a request")))
          continue
        }
        transfers[transfer.handle] = transfer
      }
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      var left: Int32 = 0
      while let message = curl_multi_info_read(multi, &left) {
        guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
          let transfer = transfers.removeValue(forKey: handle)
        else { continue }
        let outcome = transfer.outcome(fieldgate_curl_message_result(message))
        curl_multi_remove_handle(multi, handle)
        onResult(HTTPResult(identifier: transfer.identifier, outcome: outcome))
      }
      curl_multi_poll(multi, nil, 0, 1_000, nil)
    }
  }
}

/// What libcurl refused at start, in one line.
public struct HTTPClientError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
}
