import Glibc
import Telemetry

/// Connects to a host within a time limit, and tells why when it cannot.
enum TCPConnector {
  struct Failure: Error {
    /// What went wrong, in a few words.
    var cause: String
    var advice: String
  }

  /// The connected socket: non-blocking, closed on exec, without Nagle's delay.
  ///
  /// - Parameter timeout: for all addresses of the host together; looking up a name is not included.
  static func connect(host: String, port: Int, timeout: Duration) throws(Failure) -> Int32 {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(host, String(port), &hints, &list)
    guard result == 0, let list else {
      let cause = "the name cannot be resolved (\(String(cString: gai_strerror(result))))"
      throw Failure(cause: cause, advice: "check the host in the configuration and the gateway's DNS")
    }
    defer { freeaddrinfo(list) }
    let end = MonotonicClock.now + timeout
    var code = ECONNREFUSED
    var candidate: UnsafeMutablePointer<addrinfo>? = list
    while let address = candidate?.pointee {
      let attempt = attempt(address, until: end)
      if let descriptor = attempt.descriptor { return descriptor }
      code = attempt.code
      candidate = address.ai_next
    }
    throw Failure(cause: cause(code, timeout: timeout), advice: advice(code))
  }

  private static func attempt(_ address: addrinfo, until end: MonotonicTime) -> (descriptor: Int32?, code: Int32) {
    let kind = address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.ai_family, kind, address.ai_protocol)
    guard descriptor >= 0 else { return (nil, errno) }
    var code: Int32 = 0
    if descriptor >= FD_SETSIZE {
      // libmodbus waits with select, which cannot watch higher descriptors.
      code = EMFILE
    } else if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 {
      code = errno
      if code == EINPROGRESS {
        code = MonotonicClock.wait(descriptor, for: POLLOUT, until: end) ? pendingError(descriptor) : ETIMEDOUT
      }
    }
    guard code == 0 else {
      close(descriptor)
      return (nil, code)
    }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    return (descriptor, 0)
  }

  private static func pendingError(_ descriptor: Int32) -> Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return errno }
    return code
  }

  private static func cause(_ code: Int32, timeout: Duration) -> String {
    switch code {
    case ETIMEDOUT: "no answer within \(timeout.wholeMilliseconds) ms"
    case EMFILE: "too many open files"
    default: String(cString: strerror(code))
    }
  }

  private static func advice(_ code: Int32) -> String {
    switch code {
    case ECONNREFUSED: "check the port, and that the device's Modbus server is switched on"
    case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH: "check the address, the cable and the device's power"
    case EMFILE: "raise LimitNOFILE of the service"
    default: "check the network of the gateway"
    }
  }
}
