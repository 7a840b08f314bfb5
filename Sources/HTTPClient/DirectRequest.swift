import CCurl
import Glibc

/// One HTTPS request that blocks its thread: for programs and threads that do one thing after another.
public struct DirectRequest: Sendable {
  /// Whom the server's certificate must come from.
  public enum Trust: Hashable, Sendable {
    /// Nobody checks it: for what is checked by other means afterwards.
    case unchecked
    /// A PEM file.
    case authority(String)
  }

  /// `https://HOST[:PORT]/PATH`
  public var url: String
  public var trust: Trust
  /// PEM files; nil: none is shown.
  public var certificate: String?
  public var key: String?
  /// HTTP Basic; sent only where ``trust`` names an authority.
  public var user: (name: String, password: String)?
  /// A bearer token (RFC 6750); sent only where ``trust`` names an authority.
  public var token: String?
  /// POST with this body; nil: GET.
  public var body: [UInt8]?
  public var contentType: String?
  /// `http://HOST:PORT`; nil: the environment's `https_proxy`, `all_proxy` and `no_proxy`, as curl(1) reads them.
  public var proxy: String?
  /// Where the answer's body is cut off; 256 KiB unless set.
  public var maximumBodyBytes = 256 << 10
  /// Asked about once a second; true ends the request.
  public var isCancelled: (@Sendable () -> Bool)?

  public init(_ url: String, trust: Trust) {
    self.url = url
    self.trust = trust
  }

  /// For the whole of it; connecting may take half.
  public static let timeoutSeconds = 60

  /// - Throws: ``DirectFailure`` when no answer arrived. Answers with any status are answers; redirects are not followed.
  public func perform() throws(DirectFailure) -> DirectAnswer {
    guard curl_global_init(3) == CURLE_OK, let transfer = DirectTransfer(self) else {
      throw DirectFailure(kind: .other, detail: "libcurl cannot be initialised")
    }
    return try transfer.perform()
  }
}

public struct DirectAnswer: Sendable {
  public var status: Int
  /// Names in lower case; of several with one name the last.
  public var headers: [String: String]
  /// Cut off at ``DirectRequest/maximumBodyBytes``.
  public var body: [UInt8]

  public init(status: Int, headers: [String: String], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The server's clock, seconds since 1970; nil when it does not tell.
  public var date: Int64? {
    guard let text = headers["date"] else { return nil }
    let seconds = curl_getdate(text, nil)
    return seconds < 0 ? nil : Int64(seconds)
  }
}

/// Why there is no answer.
public struct DirectFailure: Error, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    case nameNotFound
    case proxyNameNotFound
    case refused
    case unreachable
    case timeout
    /// The proxy answered, and did not let us through.
    case proxyRefusal(status: Int)
    /// Something answers there that does not speak TLS.
    case notTLS
    case serverNotYetValid
    case serverExpired
    /// Signed by nobody whom we trust.
    case serverUntrusted
    case serverNameMismatch
    /// The server does not take our certificate; the alert's words are in ``DirectFailure/detail``.
    case ownCertificateRefused
    case other
  }

  public var kind: Kind
  /// The words of libcurl or OpenSSL.
  public var detail: String

  public var description: String { detail }
}

/// libcurl's handle and all memory it points into.
private final class DirectTransfer {
  private let handle: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private var lists: UnsafeMutablePointer<curl_slist>?
  private var body: [UInt8] = []
  private var headers: [String: String] = [:]
  private let maximumBodyBytes: Int
  private let isCancelled: (@Sendable () -> Bool)?

  init?(_ request: DirectRequest) {
    guard let handle = curl_easy_init() else { return nil }
    self.handle = handle
    isCancelled = request.isCancelled
    maximumBodyBytes = request.maximumBodyBytes
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    configure(request)
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(lists)
    errorText.deallocate()
  }

  private func set(_ option: CURLoption, _ value: Int) { fieldgate_curl_set_long(handle, option, value) }
  private func set(_ option: CURLoption, _ value: String) { fieldgate_curl_set_string(handle, option, value) }

  private func configure(_ request: DirectRequest) {
    set(CURLOPT_URL, request.url)
    set(CURLOPT_PROTOCOLS_STR, "https")
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    set(CURLOPT_USERAGENT, "fieldgate")
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_CONNECTTIMEOUT, DirectRequest.timeoutSeconds / 2)
    set(CURLOPT_TIMEOUT, DirectRequest.timeoutSeconds)
    switch request.trust {
    case .unchecked:
      set(CURLOPT_SSL_VERIFYPEER, 0)
      set(CURLOPT_SSL_VERIFYHOST, 0)
    case .authority(let path):
      set(CURLOPT_CAINFO, path)
      // The secret goes to nobody who has not proved who it is.
      if let user = request.user {
        set(CURLOPT_USERNAME, user.name)
        set(CURLOPT_PASSWORD, user.password)
      }
      if let token = request.token { lists = curl_slist_append(lists, "Authorization: Bearer \(token)") }
    }
    if let certificate = request.certificate { set(CURLOPT_SSLCERT, certificate) }
    if let key = request.key { set(CURLOPT_SSLKEY, key) }
    if let proxy = request.proxy { set(CURLOPT_PROXY, proxy) }
    fieldgate_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
    let context = Unmanaged.passUnretained(self).toOpaque()
    fieldgate_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
    fieldgate_curl_set_write_function(handle) { bytes, size, count, context in
      guard let context, let bytes else { return 0 }
      Unmanaged<DirectTransfer>.fromOpaque(context).takeUnretainedValue().received(bytes, size * count)
      return size * count
    }
    fieldgate_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
    fieldgate_curl_set_header_function(handle) { bytes, size, count, context in
      guard let context, let bytes else { return 0 }
      let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
      Unmanaged<DirectTransfer>.fromOpaque(context).takeUnretainedValue().header(String(decoding: line, as: UTF8.self))
      return size * count
    }
    if isCancelled != nil {
      set(CURLOPT_NOPROGRESS, 0)
      fieldgate_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context)
      fieldgate_curl_set_progress_function(handle) { context, _, _, _, _ in
        guard let context else { return 0 }
        return Unmanaged<DirectTransfer>.fromOpaque(context).takeUnretainedValue().isCancelled?() == true ? 1 : 0
      }
    }
    if request.body != nil { lists = curl_slist_append(lists, "Expect:") }
    if request.body != nil, let type = request.contentType {
      lists = curl_slist_append(lists, "Content-Type: \(type)")
    }
    fieldgate_curl_set_pointer(handle, CURLOPT_HTTPHEADER, lists)
    guard let body = request.body else { return }
    set(CURLOPT_POST, 1)
    set(CURLOPT_POSTFIELDSIZE, body.count)
    // libcurl copies it.
    _ = body.withUnsafeBytes {
      fieldgate_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
    }
  }

  private func received(_ bytes: UnsafeMutablePointer<CChar>, _ count: Int) {
    let room = min(count, maximumBodyBytes - body.count)
    if room > 0 { body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: room)) }
  }

  private func header(_ line: String) {
    // A proxy's answer comes before the server's.
    if line.hasPrefix("HTTP/") { headers = [:] }
    guard let colon = line.firstIndex(of: ":"), headers.count < 100 else { return }
    let value = line[line.index(after: colon)...].drop { $0 == " " }
    headers[line[..<colon].lowercased()] = String(value.prefix { !$0.isNewline }.prefix(1_024))
  }

  func perform() throws(DirectFailure) -> DirectAnswer {
    let code = curl_easy_perform(handle)
    guard code == CURLE_OK else { throw failure(code) }
    var status = 0
    fieldgate_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
    return DirectAnswer(status: status, headers: headers, body: body)
  }

  private func failure(_ code: CURLcode) -> DirectFailure {
    var words = String(cString: errorText)
    if words.isEmpty { words = String(cString: curl_easy_strerror(code)) }
    var number = 0
    var verification = 0
    var proxyStatus = 0
    fieldgate_curl_get_long(handle, CURLINFO_OS_ERRNO, &number)
    fieldgate_curl_get_long(handle, CURLINFO_SSL_VERIFYRESULT, &verification)
    fieldgate_curl_get_long(handle, CURLINFO_HTTP_CONNECTCODE, &proxyStatus)
    let lower = words.lowercased()
    let kind: DirectFailure.Kind =
      switch code {
      case _ where proxyStatus >= 300: .proxyRefusal(status: proxyStatus)
      case CURLE_COULDNT_RESOLVE_HOST: .nameNotFound
      case CURLE_COULDNT_RESOLVE_PROXY: .proxyNameNotFound
      case CURLE_OPERATION_TIMEDOUT: .timeout
      case CURLE_COULDNT_CONNECT:
        number == Int(ECONNREFUSED) ? .refused : number == Int(ETIMEDOUT) ? .timeout : .unreachable
      case CURLE_PEER_FAILED_VERIFICATION: Self.verification(verification, lower)
      case CURLE_SSL_CONNECT_ERROR, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
        lower.contains("alert") && lower.contains("certificate") || lower.contains("unknown ca")
          ? .ownCertificateRefused : code == CURLE_SSL_CONNECT_ERROR ? .notTLS : .other
      default: .other
      }
    return DirectFailure(kind: kind, detail: words)
  }

  /// Numbers of openssl/x509_vfy.h.
  private static func verification(_ verdict: Int, _ words: String) -> DirectFailure.Kind {
    switch verdict {
    case 9: .serverNotYetValid
    case 10: .serverExpired
    case 62, 64: .serverNameMismatch
    case _ where words.contains("subject name"): .serverNameMismatch
    default: .serverUntrusted
    }
  }
}
