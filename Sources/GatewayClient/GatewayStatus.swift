/// The daemon's answer to `status`, as far as the command line shows it (`docs/formats/local-api.md`).
struct GatewayStatus: Decodable {
  struct Central: Decodable {
    var state: String
    var url: String?
    var detail: String?
    var retryInSeconds: Int?
    var positions: [String: UInt64]
    /// Absent where the files are named by hand.
    var certificate: Identity?
    var isConfigured: Bool { state != "not configured" }

    enum CodingKeys: String, CodingKey {
      case state, url, detail, positions, certificate
      case retryInSeconds = "retry_in_seconds"
    }
  }

  /// The certificate that the daemon renews by itself.
  struct Identity: Decodable {
    var state: String
    var notAfter: String?
    var renewal: String?
    var problem: String?
    var retryInSeconds: Int?

    enum CodingKeys: String, CodingKey {
      case state, renewal, problem
      case notAfter = "not_after"
      case retryInSeconds = "retry_in_seconds"
    }
  }

  struct Device: Decodable {
    var name: String
    /// Absent for sensors that speak no Modbus.
    var unit: Int?
    var format: String?
    var identity: String?
    var everyMilliseconds: Int
    /// While an alarm lets it be scanned more often.
    var watchedEveryMilliseconds: Int?
    var tags: Int
    var quality: String
    /// Of them in the newest scan.
    var badTags: Int?
    var lastGood: String?
    var fault: String?

    enum CodingKeys: String, CodingKey {
      case name, unit, format, identity, tags, quality, fault
      case badTags = "bad_tags"
      case everyMilliseconds = "every_ms"
      case watchedEveryMilliseconds = "watched_every_ms"
      case lastGood = "last_good"
    }
  }

  /// What came over a bus of serial lines.
  struct SerialFigures: Decodable {
    var lines: Int
    var unmatched: Int
    var damaged: Int
    var late: Int
    var dropped: [String: Int]
    var newestUnmatched: String?

    enum CodingKeys: String, CodingKey {
      case lines, unmatched, damaged, late, dropped
      case newestUnmatched = "newest_unmatched"
    }
  }

  struct Bus: Decodable {
    var name: String
    var type: String?
    var up: Bool
    var fault: String?
    /// While it is down.
    var retryInSeconds: Int?
    var requests: Int
    var failures: [String: Int]
    var scansLate: Int
    var scansSkipped: Int
    var serial: SerialFigures?
    var devices: [Device]

    enum CodingKeys: String, CodingKey {
      case name, type, up, fault, requests, failures, serial, devices
      case retryInSeconds = "retry_in_seconds"
      case scansLate = "scans_late"
      case scansSkipped = "scans_skipped"
    }
  }

  struct Counters: Decodable {
    var samples: Int
    var goodSamples: Int
    var samplesDropped: Int
    var failedCommits: Int
    /// Published messages by what became of them.
    var messages: [String: Int]

    enum CodingKeys: String, CodingKey {
      case samples, messages
      case goodSamples = "good_samples"
      case samplesDropped = "samples_dropped"
      case failedCommits = "failed_commits"
    }
  }

  struct Configuration: Decodable {
    var file: String
    var loaded: String
    var changedSince: Bool
    var needsRestart: [String]
    var failure: String?

    enum CodingKeys: String, CodingKey {
      case file, loaded, failure
      case changedSince = "changed_since"
      case needsRestart = "needs_restart"
    }
  }

  var gateway: String
  var version: String
  var time: String
  var since: String
  var configuration: Configuration?
  var broker: BrokerStatus
  var central: Central
  var outbox: OutboxStatus
  var buses: [Bus]
  var alarms: AlarmsAnswer
  var counters: Counters
}

/// One line of the daemon: exactly one of these.
struct DaemonLine: Decodable {
  struct Refusal: Decodable { var message: String }

  struct Scan: Decodable {
    var device: String
    var time: String
    var quality: String
    var values: [String: Scalar]
    var reasons: [String: String]?
    var units: [String: String]?
    /// What values with names are called.
    var labels: [String: String]?
  }

  struct Alarm: Decodable {
    var alarm: String
    var time: String
    var transition: String
    var severity: String
    var message: String
    var tag: String?
    var who: String?
    var until: String?
  }

  struct End: Decodable {
    /// After `stored`: what cannot be shown, because its times wait for a trusted clock.
    var framesWithoutClock: Int?

    enum CodingKeys: String, CodingKey { case framesWithoutClock = "frames_without_clock" }
  }

  var status: GatewayStatus?
  var alarms: AlarmsAnswer?
  var outbox: OutboxStatus?
  var plan: PlanAnswer?
  var scan: Scan?
  var alarm: Alarm?
  var end: End?
  var stored: StoredAnswer?
  var tag: TagAnswer?
  var reply: WriteAnswer?
  var read: ReadAnswer?
  var probe: ProbeAnswer?
  var reload: ReloadAnswer?
  var alarmReply: AlarmReplyAnswer?
  var error: Refusal?

  enum CodingKeys: String, CodingKey {
    case status, alarms, outbox, plan, scan, alarm, end, stored, tag, reply, read, probe, reload, error
    case alarmReply = "alarm_reply"
  }
}

/// A value of a tag as JSON has it.
enum Scalar: Decodable {
  case none
  case flag(Bool)
  case integer(Int64)
  case number(Double)
  case word(String)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .none
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let integer = try? container.decode(Int64.self) {
      self = .integer(integer)
    } else if let word = try? container.decode(String.self) {
      self = .word(word)
    } else {
      self = .number(try container.decode(Double.self))
    }
  }

  /// As a person reads it: `on` for true, nothing after the point for whole numbers.
  var text: String {
    switch self {
    case .none: "—"
    case .flag(let flag): flag ? "on" : "off"
    case .integer(let integer): "\(integer)"
    case .word(let word): "\"\(word)\""
    case .number(let number): number == number.rounded() && number.magnitude < 1e15 ? "\(Int64(number))" : "\(number)"
    }
  }
}
