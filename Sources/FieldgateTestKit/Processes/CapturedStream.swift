import Glibc
import Threads

/// Reads a child's output as it comes, so that the child never blocks on a full pipe.
final class CapturedStream: @unchecked Sendable {  // bytes and thread are used under the lock
  /// Bytes kept: the last mebibyte.
  static let capacity = 1 << 20

  private let descriptor: Int32
  private let lock = Lock()
  private var bytes: [UInt8] = []
  private var thread: NamedThread?

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Ends by itself at the end of the stream.
  func start() {
    let stream = self
    let thread = NamedThread("child-output") { stream.readToEnd() }
    lock.withLock { self.thread = thread }
  }

  private func readToEnd() {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = retryInterrupted { read(descriptor, &buffer, buffer.count) }
      if count <= 0 { break }
      lock.withLock {
        bytes.append(contentsOf: buffer[..<count])
        if bytes.count > 2 * Self.capacity { bytes.removeFirst(bytes.count - Self.capacity) }
      }
    }
    close(descriptor)
  }

  var text: String {
    lock.withLock { String(decoding: bytes.suffix(Self.capacity), as: UTF8.self) }
  }

  /// Waits for the end of the stream first: every process that holds its other end must have gone.
  var drainedText: String {
    let thread = lock.withLock {
      defer { self.thread = nil }
      return self.thread
    }
    thread?.join()
    return text
  }
}
