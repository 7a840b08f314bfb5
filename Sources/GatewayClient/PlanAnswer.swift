/// The answer to `plan` (`docs/formats/local-api.md`).
struct PlanAnswer: Decodable {
  struct Request: Decodable {
    var table: String
    var address: Int
    var count: Int
    var milliseconds: Double
    var tags: [String]
    /// The device does not answer it, so it is asked rarely.
    var unanswered: Bool?

    enum CodingKeys: String, CodingKey {
      case table, address, count, tags, unanswered
      case milliseconds = "time_ms"
    }
  }

  struct Refused: Decodable {
    var tag: String
    var reason: String
  }

  struct Device: Decodable {
    var name: String
    var unit: Int
    var everyMilliseconds: Int
    var isContinuous: Bool
    var milliseconds: Double
    var thinkingMilliseconds: Double
    var requests: [Request]
    var refused: [Refused]

    enum CodingKeys: String, CodingKey {
      case name, unit, requests, refused
      case everyMilliseconds = "every_ms"
      case isContinuous = "continuous"
      case milliseconds = "time_ms"
      case thinkingMilliseconds = "thinking_ms"
    }
  }

  struct Bus: Decodable {
    var name: String
    var roundMilliseconds: Double
    var load: Double
    var devices: [Device]

    enum CodingKeys: String, CodingKey {
      case name, load, devices
      case roundMilliseconds = "round_ms"
    }
  }

  /// A bus of serial lines.
  struct SerialBus: Decodable {
    struct Asked: Decodable {
      var name: String
      var everyMilliseconds: Int
      var longestMilliseconds: Int

      enum CodingKeys: String, CodingKey {
        case name
        case everyMilliseconds = "every_ms"
        case longestMilliseconds = "longest_ms"
      }
    }

    var name: String
    var longestLoad: Double
    var asked: [Asked]
    var sending: [String]

    enum CodingKeys: String, CodingKey {
      case name, asked, sending
      case longestLoad = "longest_load"
    }
  }

  var buses: [Bus]
  var serialBuses: [SerialBus]?

  enum CodingKeys: String, CodingKey {
    case buses
    case serialBuses = "serial_buses"
  }
}
