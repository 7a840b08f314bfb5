public import Telemetry

/// The tags that expressions can name.
public struct TagDirectory: Sendable {
  /// What is known of a name.
  public enum Entry: Hashable, Sendable {
    case noDevice
    case noTag
    /// The tag exists, and something in its configuration is wrong, which is told where it stands.
    case unusable
    case tag(TagDefinition)
  }

  private struct Device: Sendable {
    var names: [String] = []
    var definitions: [String: TagDefinition?] = [:]
  }

  /// In the order in which they came.
  public private(set) var deviceNames: [String] = []
  private var devices: [String: Device] = [:]

  public init() {}

  /// Adds a tag, or replaces what is known of it.
  ///
  /// - Parameter definition: nil: the tag is unusable.
  public mutating func set(_ name: TagName, _ definition: TagDefinition?) {
    if devices[name.device] == nil {
      deviceNames.append(name.device)
      devices[name.device] = Device()
    }
    if devices[name.device]?.definitions[name.tag] == nil { devices[name.device]?.names.append(name.tag) }
    devices[name.device]?.definitions[name.tag] = .some(definition)
  }

  public subscript(name: TagName) -> Entry {
    guard let device = devices[name.device] else { return .noDevice }
    guard let known = device.definitions[name.tag] else { return .noTag }
    return known.map { .tag($0) } ?? .unusable
  }

  public func tagNames(of device: String) -> [String] { devices[device]?.names ?? [] }

  /// `did you mean 'x'?`, or what there is when nothing is near.
  static func suggestion(for word: String, among known: [String], what: String) -> String {
    if let nearest = EditDistance.nearest(to: word, among: known) { return "did you mean '\(nearest)'?" }
    guard !known.isEmpty else { return "there are no \(what) yet" }
    return "known \(what): \(known.prefix(24).joined(separator: ", "))\(known.count > 24 ? " …" : "")"
  }
}
