import GatewayRuntime
import Glibc

/// The topics in a file beside the outbox, one a line.
///
/// It is replaced in one step and not synced: when a power cut loses the newest state, a few retained messages of tags
/// that are gone stay at the broker, and nothing else.
final class TopicFile: TopicMemory {
  private let path: String
  /// 65,536 tags with long names and their discovery messages.
  private static let maximumBytes = 64 << 20

  init(directory: String) { path = directory + "/mqtt-topics" }

  func load() -> [String] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < Self.maximumBytes {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }

  func save(_ topics: [String]) -> String? {
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { return problem() }
    let bytes = topics.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else {
        let text = problem()
        close(descriptor)
        return text
      }
      written += count
    }
    close(descriptor)
    return rename(temporary, path) == 0 ? nil : problem()
  }

  private func problem() -> String { "cannot write \(path): \(String(cString: strerror(errno)))" }
}
