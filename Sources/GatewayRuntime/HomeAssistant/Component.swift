import GatewayConfiguration
import Telemetry

/// What a tag is in Home Assistant.
enum Component: String, Sendable {
  case sensor
  case binarySensor = "binary_sensor"
  case control = "switch"
  case number
  case select

  /// - Parameter publishing: a plain payload has no room for a value's name, so it stays a number.
  init(_ tag: TagSettings, _ publishing: PublishingSettings) {
    switch (tag.definition.type, tag.write != nil) {
    case (.boolean, false): self = .binarySensor
    case (.boolean, true): self = .control
    case (.integer, true) where Self.hasLabels(tag, publishing): self = .select
    case (.integer, true), (.float32, true), (.float64, true): self = .number
    // Whatever else can be shown.
    default: self = .sensor
    }
  }

  /// Whether its values are shown by their names.
  static func hasLabels(_ tag: TagSettings, _ publishing: PublishingSettings) -> Bool {
    let isPlain = !publishing.topics.hasDevice && publishing.tagPayload == .plain
    return tag.definition.type == .integer && !tag.definition.names.isEmpty && !isPlain
  }
}
