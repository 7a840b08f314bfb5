import Diagnosis
import Glibc

extension Reachability {
  /// Opens a TCP connection, and closes it without a byte. Takes at most 3 seconds for each of at most two addresses, beside
  /// what the resolver takes.
  static func probe(host: String, port: Int) -> Self {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &list)
    guard code == 0, let list else { return .unknownName(String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var outcome = Self.silent
    var next: UnsafeMutablePointer<addrinfo>? = list
    for _ in 0..<2 {
      guard let address = next?.pointee else { break }
      outcome = attempt(address)
      if outcome == .connected { break }
      next = address.ai_next
    }
    return outcome
  }

  private static func attempt(_ address: addrinfo) -> Self {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.ai_family, kind, 0)
    guard descriptor >= 0 else { return .failed(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return .connected }
    guard errno == EINPROGRESS else { return outcome(errno) }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&waiting, 1, 3_000) > 0 else { return .silent }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
    return outcome(code)
  }

  private static func outcome(_ code: Int32) -> Self {
    switch code {
    case 0: .connected
    case ECONNREFUSED: .refused
    case ETIMEDOUT: .silent
    default: .failed(String(cString: strerror(code)))
    }
  }

  /// Host and port of `https://central.example:8443/…`, brackets of IPv6 addresses taken off.
  static func endpoint(url: String) -> (host: String, port: Int)? {
    guard let scheme = url.indices.first(where: { url[$0...].starts(with: "://") }) else { return nil }
    let authority = url[scheme...].dropFirst(3).prefix { $0 != "/" && $0 != "?" }
    let usual = url.hasPrefix("http:") ? 80 : 443
    if authority.first == "[", let end = authority.firstIndex(of: "]") {
      let host = String(authority[authority.index(after: authority.startIndex)..<end])
      return (host, Int(authority[end...].dropFirst(2)) ?? usual)
    }
    let parts = authority.split(separator: ":")
    guard let host = parts.first else { return nil }
    return (String(host), parts.count > 1 ? Int(parts[1]) ?? usual : usual)
  }
}
