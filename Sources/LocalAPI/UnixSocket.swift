import Glibc

/// What went wrong with the local socket, in one line: what, where, cause, next step.
public struct LocalAPIError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  init(_ description: String) {
    self.description = description
  }
}

/// The system calls around Unix stream sockets.
enum UnixSocket {
  static func lastError() -> String { String(cString: strerror(errno)) }

  static func listen(path: String) throws(LocalAPIError) -> Int32 {
    if let running = try? connect(path: path) {
      close(running)
      throw LocalAPIError("another fieldgated answers on \(path); stop it first, or set another api.socket")
    }
    unlink(path)
    let descriptor = try make()
    // Group members may talk to the daemon; others may not. Whatever mask the service has: its own keeps the group from
    // the data.
    let mask = umask(0o117)
    defer { umask(mask) }
    guard try withAddress(path, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 16) == 0 else {
      let cause = lastError()
      close(descriptor)
      throw LocalAPIError(
        "cannot listen on \(path): \(cause). Does the directory exist, and may this user write to it?")
    }
    prepare(descriptor)
    return descriptor
  }

  static func connect(path: String) throws(LocalAPIError) -> Int32 {
    let descriptor = try make()
    guard try withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
      let code = errno
      close(descriptor)
      throw LocalAPIError(advice(code, path: path))
    }
    return descriptor
  }

  /// Calls on it return at once, and programs started by us do not inherit it.
  static func prepare(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// The name of the user whose program connected, `uid 1000` when the system knows no name; nil when it does not say.
  static func peer(_ descriptor: Int32) -> String? {
    // struct ucred, which the C library shows only to who asks for GNU's extensions: process, user and group.
    var credentials: [UInt32] = [0, 0, 0]
    var length = socklen_t(12)
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0, length == 12 else { return nil }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwuid_r(credentials[1], &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
    else { return "uid \(credentials[1])" }
    return String(cString: name)
  }

  private static func make() throws(LocalAPIError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw LocalAPIError("cannot make a Unix socket: \(lastError())") }
    return descriptor
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(LocalAPIError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < capacity else {
      throw LocalAPIError("the socket path \(path) is longer than \(capacity - 1) bytes; use a shorter one")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  private static func advice(_ code: Int32, path: String) -> String {
    switch code {
    case ENOENT, ECONNREFUSED:
      "fieldgated does not answer on \(path): it is not running, waits for a good configuration, or uses "
        + "another socket. See 'fieldgate check' and 'journalctl -u fieldgate -n 20', start it with "
        + "'systemctl start fieldgate', or name the socket with --socket"
    case EACCES, EPERM:
      "this user may not use \(path): become a member of the group 'fieldgate' and log in again, or use sudo"
    default:
      "cannot connect to \(path): \(String(cString: strerror(code)))"
    }
  }
}
