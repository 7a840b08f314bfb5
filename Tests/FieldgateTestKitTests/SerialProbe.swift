import FieldgateTestKit
import Glibc

/// A bare client of a serial line, for frames that mbpoll does not send.
final class SerialProbe {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw TestKitError("cannot open \(path)") }
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) { _ = write(descriptor, bytes, bytes.count) }

  /// So many bytes; fewer when the line hangs up, or is silent for so long.
  func receive(_ count: Int, timeoutMilliseconds: Int32 = 5_000) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: count)
    while result.count < count {
      var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&polled, 1, timeoutMilliseconds) > 0 else { break }
      let received = read(descriptor, &buffer, count - result.count)
      guard received > 0 else { break }
      result += buffer[..<received]
    }
    return result
  }

  func isHungUp() -> Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&polled, 1, 5_000) > 0 && Int32(polled.revents) & Int32(POLLHUP) != 0
  }
}
