import FieldgateTestKit
import Glibc

/// A bare TCP client, for what mbpoll does not do: half requests, several at once, late replies.
final class TCPProbe {
  private let descriptor: Int32

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw TestKitError("cannot connect to port \(port)") }
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// So many bytes; fewer when the server closes, or says nothing for so long.
  func receive(_ count: Int, timeoutMilliseconds: Int32 = 5_000) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: count)
    while result.count < count {
      var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&polled, 1, timeoutMilliseconds) > 0 else { break }
      let received = recv(descriptor, &buffer, count - result.count, 0)
      guard received > 0 else { break }
      result += buffer[..<received]
    }
    return result
  }

  /// True when the server closes the connection.
  func isClosed() -> Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    var byte: UInt8 = 0
    return poll(&polled, 1, 5_000) > 0 && recv(descriptor, &byte, 1, 0) <= 0
  }
}
