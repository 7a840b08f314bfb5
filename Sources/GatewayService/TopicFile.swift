import GatewayRuntime

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
    let bytes = (try? WholeFile.read(path, limit: Self.maximumBytes)) ?? []
    return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }

  func save(_ topics: [String]) -> String? {
    let bytes = topics.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] }
    do throws(WholeFile.Failure) {
      try WholeFile.replace(path, with: bytes, isSynced: false)
      return nil
    } catch {
      return "cannot write \(path): \(error)"
    }
  }
}
