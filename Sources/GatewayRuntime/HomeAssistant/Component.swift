import GatewayConfiguration
import Telemetry

/// What a tag is in Home Assistant.
enum Component: String, Sendable {
  case sensor
  case binarySensor = "binary_sensor"
  case control = "switch"
  case number

  init(_ tag: TagSettings) {
    switch (tag.definition.type, tag.write != nil) {
    case (.boolean, false): self = .binarySensor
    case (.boolean, true): self = .control
    case (.integer, true), (.float32, true), (.float64, true): self = .number
    // Whatever else can be shown.
    default: self = .sensor
    }
  }
}
