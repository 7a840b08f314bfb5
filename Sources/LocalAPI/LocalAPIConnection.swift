import Glibc

/// One client of the server: what was read of its current line, and what waits to be written.
final class LocalAPIConnection {
  let descriptor: Int32
  var closesWhenWritten = false
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  private var written = 0

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  var hasOutput: Bool { written < output.count }

  /// Whole lines that have come; nil when the client is gone or its line is too long.
  func readLines(limit: Int) -> [[UInt8]]? {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0 { return errno == EAGAIN || errno == EINTR ? [] : nil }
    guard count > 0 else { return nil }
    input += buffer[..<count]
    var lines: [[UInt8]] = []
    var start = 0
    while let end = input[start...].firstIndex(of: UInt8(ascii: "\n")) {
      if end > start { lines.append(Array(input[start..<end])) }
      start = end + 1
    }
    input.removeFirst(start)
    return input.count <= limit ? lines : nil
  }

  /// False when more would wait than `limit` bytes.
  func queue(_ line: [UInt8], limit: Int) -> Bool {
    guard output.count - written + line.count < limit else { return false }
    output += line
    output.append(UInt8(ascii: "\n"))
    return true
  }

  /// Writes what the socket takes now; false when the client is gone.
  func writeQueued() -> Bool {
    while hasOutput {
      let count = output.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + written, $0.count - written, Int32(MSG_NOSIGNAL))
      }
      if count < 0 { return errno == EAGAIN || errno == EINTR }
      written += count
    }
    output.removeAll(keepingCapacity: true)
    written = 0
    return true
  }

  func close() {
    Glibc.close(descriptor)
  }
}
