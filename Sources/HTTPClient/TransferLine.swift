import CCurl
import GatewayCore

/// The transfers of one connection to central: begins them, lets libcurl work, and gives out the allowance where the rate is
/// limited. Belongs to the connection's thread.
///
/// With a limit one ordinary body is sent at a time, and urgent ones before it: two that share a poor link both come late.
struct TransferLine {
  private let multi: UnsafeMutableRawPointer
  private let endpoint: CentralEndpoint
  private let onResult: @Sendable (HTTPResult) -> Void
  private let limit: SendLimit?
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
  /// Ordinary bodies that wait for the one before; at most as many as the window of the delivery.
  private var waiting: [HTTPRequest] = []

  init(
    multi: UnsafeMutableRawPointer, endpoint: CentralEndpoint, onResult: @escaping @Sendable (HTTPResult) -> Void
  ) {
    self.multi = multi
    self.endpoint = endpoint
    self.onResult = onResult
    limit = endpoint.maximumBytesPerSecond.map(SendLimit.init)
  }

  mutating func add(_ request: HTTPRequest) {
    waiting.append(request)
    beginWaiting()
  }

  private func isOrdinary(_ request: HTTPRequest) -> Bool { request.method == .post && !request.isUrgent }

  private mutating func beginWaiting() {
    var kept: [HTTPRequest] = []
    for request in waiting {
      let mustWait = limit != nil && isOrdinary(request) && transfers.values.contains { isOrdinary($0.request) }
      if mustWait { kept.append(request) } else { begin(request) }
    }
    waiting = kept
  }

  private mutating func begin(_ request: HTTPRequest) {
    guard let transfer = Transfer(request, endpoint: endpoint, limit: limit),
      curl_multi_add_handle(multi, transfer.handle) == CURLM_OK
    else {
      onResult(HTTPResult(identifier: request.identifier, outcome: .failed("libcurl cannot begin a request")))
      return
    }
    limit?.charge(SendAllowance.requestHeadBytes)
    transfers[transfer.handle] = transfer
  }

  /// Works until nothing can be done, then waits for the network, the allowance, a wake-up, or a second.
  mutating func turn() {
    let paused = transfers.values.filter(\.isPaused)
    if let limit, limit.isReady {
      // One at a time, so that the first in order gets all there is.
      paused.min { Self.precedes($0.request, $1.request) }?.resume()
    }
    var running: Int32 = 0
    curl_multi_perform(multi, &running)
    takeResults()
    beginWaiting()
    let isHeld = transfers.values.contains(where: \.isPaused)
    let wait = isHeld ? min(1_000, limit?.waitMilliseconds ?? 1_000) : 1_000
    curl_multi_poll(multi, nil, 0, Int32(wait), nil)
  }

  private static func precedes(_ left: HTTPRequest, _ right: HTTPRequest) -> Bool {
    left.isUrgent == right.isUrgent ? left.identifier < right.identifier : left.isUrgent
  }

  private mutating func takeResults() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
        let transfer = transfers.removeValue(forKey: handle)
      else { continue }
      let outcome = transfer.outcome(fieldgate_curl_message_result(message))
      limit?.charge(transfer.connectionsMade * SendAllowance.handshakeBytes)
      curl_multi_remove_handle(multi, handle)
      onResult(HTTPResult(identifier: transfer.request.identifier, outcome: outcome))
    }
  }

  /// What is under way ends without an answer.
  mutating func close() {
    for (handle, _) in transfers { curl_multi_remove_handle(multi, handle) }
    for request in transfers.values.map(\.request) + waiting {
      onResult(HTTPResult(identifier: request.identifier, outcome: .failed("the gateway is stopping")))
    }
    transfers.removeAll()
    waiting.removeAll()
    curl_multi_cleanup(multi)
  }
}
