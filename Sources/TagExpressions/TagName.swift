/// A tag as people name it: `device/tag`.
public struct TagName: Hashable, Sendable, CustomStringConvertible {
  public var device: String
  public var tag: String

  public init(device: String, tag: String) {
    self.device = device
    self.tag = tag
  }

  public var description: String { "\(device)/\(tag)" }
}
