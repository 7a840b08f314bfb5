import Glibc

/// The command line's side of the local API: sends one line, reads lines. Blocks.
public final class LocalAPIClient {
  private let descriptor: Int32
  private var input: [UInt8] = []

  /// - Throws: with the advice to print when the daemon does not answer.
  public init(path: String) throws(LocalAPIError) {
    descriptor = try UnixSocket.connect(path: path)
  }

  deinit {
    close(descriptor)
  }

  public func send(_ line: String) throws(LocalAPIError) {
    let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 || errno == EINTR else { throw LocalAPIError("the daemon closed the connection") }
      sent += max(0, count)
    }
  }

  /// The next line, or nil at the end of the stream.
  ///
  /// - Parameter timeout: longest wait for bytes; nil waits for ever.
  public func readLine(timeout: Duration? = .seconds(10)) throws(LocalAPIError) -> String? {
    while true {
      if let end = input.firstIndex(of: UInt8(ascii: "\n")) {
        defer { input.removeFirst(end + 1) }
        return String(decoding: input[..<end], as: UTF8.self)
      }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let milliseconds = timeout.map { Int32(clamping: $0.components.seconds * 1_000) } ?? -1
      let ready = poll(&waiting, 1, milliseconds)
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { throw LocalAPIError("the daemon did not answer in time; see 'journalctl -u fieldgate'") }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return nil }
      input += buffer[..<count]
      guard input.count <= 16 << 20 else { throw LocalAPIError("the daemon sent a line of more than 16 MiB") }
    }
  }
}
