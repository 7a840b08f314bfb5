import Glibc

/// Whether an address can be listened on, asked before the servers start: their own errors do not say which address they
/// mean, and several of them speak at once.
enum ListenCheck {
  /// - Parameter option: under which the address was given.
  /// - Throws: ``CentralStartError`` that names the address, the cause and what to do.
  static func verify(_ host: String, _ port: Int, option: String) throws {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    let failure = getaddrinfo(host, String(port), &hints, &found)
    guard failure == 0, let first = found else {
      throw CentralStartError(
        "cannot listen on \(host):\(port) (\(option)): \(String(cString: gai_strerror(failure))); use an address of this machine"
      )
    }
    defer { freeaddrinfo(found) }
    let descriptor = socket(first.pointee.ai_family, first.pointee.ai_socktype, 0)
    // What cannot be asked is left to the server itself.
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) != 0 else { return }
    let code = errno
    throw CentralStartError(
      "cannot listen on \(host):\(port) (\(option)): \(String(cString: strerror(code)))\(advice(code, port))")
  }

  private static func advice(_ code: Int32, _ port: Int) -> String {
    switch code {
    case EADDRINUSE: "; another program has the port: `ss -ltnp 'sport = :\(port)'` names it"
    case EADDRNOTAVAIL: "; it is no address of this machine, see: ip address"
    case EACCES:
      "; ports below 1024 need a right that the service does not have: choose another, or redirect the port in the firewall"
    default: ""
    }
  }
}
