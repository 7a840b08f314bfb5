import CCurl
import GatewayCore

/// One request under way: libcurl's handle and all memory that libcurl points into, freed together.
final class Transfer {
  static let maximumAnswerBytes = 64 << 10

  let request: HTTPRequest
  let handle: UnsafeMutableRawPointer
  /// The next byte of the body, where the rate is limited.
  private var offset = 0
  /// Waits for the allowance.
  private(set) var isPaused = false
  private let limit: SendLimit?
  private let endpoint: CentralEndpoint
  private let body: UnsafeMutableBufferPointer<UInt8>
  private let errorText: UnsafeMutablePointer<CChar>
  private var headers: UnsafeMutablePointer<curl_slist>?
  private var answer: [UInt8] = []

  /// - Parameter limit: asked before each piece of the body; nil: no limit.
  init?(_ request: HTTPRequest, endpoint: CentralEndpoint, limit: SendLimit?) {
    guard let handle = curl_easy_init() else { return nil }
    self.handle = handle
    self.request = request
    self.limit = limit
    self.endpoint = endpoint
    body = .allocate(capacity: request.body.count)
    _ = body.initialize(fromContentsOf: request.body)
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    configure(request)
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(headers)
    body.deallocate()
    errorText.deallocate()
  }

  private func configure(_ request: HTTPRequest) {
    set(CURLOPT_URL, endpoint.url + request.path)
    set(CURLOPT_PROTOCOLS_STR, "https")
    set(CURLOPT_CAINFO, endpoint.authority)
    set(CURLOPT_SSLCERT, endpoint.certificate)
    set(CURLOPT_SSLKEY, endpoint.key)
    if let proxy = endpoint.proxy { set(CURLOPT_PROXY, proxy) }
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    set(CURLOPT_USERAGENT, "fieldgate")
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_TCP_NODELAY, 1)
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    set(CURLOPT_CONNECTTIMEOUT, CentralConnection.connectTimeoutSeconds)
    set(CURLOPT_LOW_SPEED_LIMIT, 1)
    set(CURLOPT_LOW_SPEED_TIME, CentralConnection.stallTimeoutSeconds)
    let pace = endpoint.maximumBytesPerSecond ?? .max
    set(CURLOPT_TIMEOUT, CentralConnection.totalTimeoutSeconds + 3 * (body.count / pace))
    fieldgate_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
    fieldgate_curl_set_pointer(handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
    fieldgate_curl_set_write_function(handle) { bytes, size, count, context in
      guard let context, let bytes else { return 0 }
      Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().received(bytes, size * count)
      return size * count
    }
    guard request.method == .post else { return }
    // Without this, libcurl waits up to a second for "100 Continue" before each large body.
    headers = curl_slist_append(nil, "Expect:")
    if let type = request.contentType { headers = curl_slist_append(headers, "Content-Type: \(type)") }
    fieldgate_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers)
    set(CURLOPT_POST, 1)
    set(CURLOPT_POSTFIELDSIZE, body.count)
    guard limit != nil else {
      fieldgate_curl_set_pointer(handle, CURLOPT_POSTFIELDS, body.baseAddress)
      return
    }
    // libcurl's own limit lets the first 64 KiB of each request pass at once, so the body is given out by the piece.
    fieldgate_curl_set_pointer(handle, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
    fieldgate_curl_set_read_function(handle) { room, size, count, context in
      guard let context, let room else { return 0 }
      return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().give(room, size * count)
    }
    // When a kept connection turns out to be dead, libcurl begins anew.
    fieldgate_curl_set_pointer(handle, CURLOPT_SEEKDATA, Unmanaged.passUnretained(self).toOpaque())
    fieldgate_curl_set_seek_function(handle) { context, offset, _ in
      guard let context else { return 1 }
      return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().seek(Int(offset)) ? 0 : 1
    }
  }

  /// CURL_READFUNC_PAUSE; the macro does not reach Swift.
  private static let pause = 0x1000_0001

  private func give(_ room: UnsafeMutablePointer<CChar>, _ size: Int) -> Int {
    let left = body.count - offset
    guard left > 0, let limit else { return 0 }
    let piece = limit.take(min(size, left))
    guard piece > 0 else {
      isPaused = true
      return Self.pause
    }
    UnsafeMutableRawPointer(room).copyMemory(from: body.baseAddress! + offset, byteCount: piece)
    offset += piece
    return piece
  }

  private func seek(_ place: Int) -> Bool {
    guard (0...body.count).contains(place) else { return false }
    offset = place
    return true
  }

  /// Tries to go on with the body.
  func resume() {
    isPaused = false
    curl_easy_pause(handle, 0)
  }

  /// Connections that were made for it.
  var connectionsMade: Int {
    var count = 0
    fieldgate_curl_get_long(handle, CURLINFO_NUM_CONNECTS, &count)
    return count
  }

  private func set(_ option: CURLoption, _ value: Int) { fieldgate_curl_set_long(handle, option, value) }
  private func set(_ option: CURLoption, _ value: String) { fieldgate_curl_set_string(handle, option, value) }

  private func received(_ bytes: UnsafeMutablePointer<CChar>, _ count: Int) {
    let room = min(count, Self.maximumAnswerBytes - answer.count)
    guard room > 0 else { return }
    answer.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: room))
  }

  func outcome(_ code: CURLcode) -> HTTPResult.Outcome {
    guard code == CURLE_OK else {
      var failure = TransferFailure(code: code, detail: String(cString: errorText))
      var number = 0
      fieldgate_curl_get_long(handle, CURLINFO_OS_ERRNO, &number)
      failure.systemError = Int32(clamping: number)
      fieldgate_curl_get_long(handle, CURLINFO_SSL_VERIFYRESULT, &failure.verification)
      return .failed(failure.text(endpoint))
    }
    var status = 0
    fieldgate_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
    var seconds: curl_off_t = 0
    fieldgate_curl_get_offset(handle, CURLINFO_RETRY_AFTER, &seconds)
    return .answered(status: status, body: answer, retryAfter: seconds > 0 ? .seconds(seconds) : nil)
  }
}
