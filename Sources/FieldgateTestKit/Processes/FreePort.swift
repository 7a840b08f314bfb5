import Glibc
import Synchronization

/// TCP ports of the loopback address that nobody listens on.
public enum FreePort {
  /// Where the kernel's range for connections that go out begins.
  private static let first = 10_240
  private static let end = 32_768
  /// Neighbours are left free, for services that listen on the port behind their first.
  private static let distance = 4
  /// Processes begin at places of their own.
  private static let given = Atomic(Int(getpid()) * 37)

  /// A port below those that the kernel gives to outgoing connections, so that it is still free when a server that was
  /// stopped comes back to it; each call of a process gives another one.
  ///
  /// - Throws: ``TestKitError`` when there is none.
  public static func find() throws -> Int {
    let places = (end - first) / distance
    for _ in 0..<places {
      let place = given.wrappingAdd(1, ordering: .relaxed).oldValue % places
      guard let listener = try? ListeningSocket.open(host: "127.0.0.1", port: first + place * distance) else {
        continue
      }
      close(listener.descriptor)
      return listener.port
    }
    throw TestKitError("no TCP port from \(first) to \(end) is free on 127.0.0.1")
  }
}

/// A TCP socket that listens.
struct ListeningSocket {
  let descriptor: Int32
  let port: Int

  /// - Parameter host: a dotted IPv4 address.
  /// - Throws: ``TestKitError`` when the address is malformed or taken.
  static func open(host: String, port: Int) throws -> Self {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    guard (0...65_535).contains(port) else { throw TestKitError("\(port) is no TCP port; use 0 to 65535") }
    address.sin_port = UInt16(port).bigEndian
    guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
      throw TestKitError("'\(host)' is no IPv4 address; use one such as 127.0.0.1")
    }
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_INET, kind, 0)
    guard descriptor >= 0 else { throw TestKitError("cannot make a socket: \(errorText())") }
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 && listen(descriptor, 128) == 0
          && getsockname(descriptor, generic, &length) == 0
      }
    }
    guard bound else {
      let cause = errorText()
      close(descriptor)
      throw TestKitError("cannot listen on \(host):\(port): \(cause); choose another port, or 0 for a free one")
    }
    return Self(descriptor: descriptor, port: Int(UInt16(bigEndian: address.sin_port)))
  }
}
