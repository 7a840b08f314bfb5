/// A version of the protocol.
public enum MQTTVersion: String, Sendable, CaseIterable {
  case version5 = "5"
  case version311 = "3.1.1"
}

/// Which version a connection begins with.
public enum MQTTVersionChoice: Hashable, Sendable {
  /// 5, and 3.1.1 with a broker that does not know it.
  case automatic
  case only(MQTTVersion)
}

/// Which version the next connection speaks, from how the ones before it ended.
struct MQTTVersionSelection {
  /// How one attempt ended, as far as the version matters.
  enum End {
    case answered
    /// The broker said that it does not know the version (MQTT 5 reason 132; MQTT 3.1.1 return code 1).
    case versionRefused
    /// The connection was closed, or nothing came, before an answer: what some old brokers do with what they do not know.
    case noAnswer
  }

  private(set) var current: MQTTVersion
  private let choice: MQTTVersionChoice

  init(_ choice: MQTTVersionChoice) {
    self.choice = choice
    if case .only(let version) = choice { current = version } else { current = .version5 }
  }

  /// True when the next attempt speaks another version, so that there is no reason to wait.
  mutating func ended(_ end: End) -> Bool {
    guard choice == .automatic, end != .answered else { return false }
    current = current == .version5 ? .version311 : .version5
    // An answer that names the version is certain; silence may have any cause, and is not hurried.
    return end == .versionRefused && current == .version311
  }
}
