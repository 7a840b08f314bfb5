/// Remembers, over restarts, under which topics the broker retains messages of ours, so that those of devices, tags and
/// alarms that left the configuration can be taken back.
public protocol TopicMemory: AnyObject {
  /// Empty when nothing was remembered or it cannot be read.
  func load() -> [String]
  /// - Returns: what went wrong, in one line; nil when it is kept.
  func save(_ topics: [String]) -> String?
}
