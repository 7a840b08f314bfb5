/// An alarm in the daemon's answers to `status` and `alarms` (`docs/formats/local-api.md`).
struct AlarmEntry: Decodable {
  struct Chattering: Decodable {
    var count: Int
    var seconds: Int
  }

  /// How far a detector is.
  struct Learning: Decodable {
    var phase: String
    /// Of the phase, 0 to 1.
    var learned: Double
  }

  var alarm: String
  var active: Bool
  /// Of rules only: the on-delay or the off-delay runs; nothing is known of the condition, so that the state is held.
  var pending: Bool?
  var returning: Bool?
  var held: Bool?
  var heldBecause: String?
  var severity: String
  var tag: String
  var value: Double?
  var since: String?
  var message: String?
  var state: String
  var underlying: String?
  var group: String?
  var firstOut: Bool?
  var heldBack: Bool?
  var raises: Int?
  var chattering: Chattering?
  var acknowledgedBy: String?
  var shelvedBy: String?
  var shelvedUntil: String?
  var shelvedSeconds: Int?
  var comment: String?
  var commentBy: String?
  var commentAt: String?
  var anomaly: Learning?

  enum CodingKeys: String, CodingKey {
    case alarm, active, pending, returning, held, severity, tag, value, since, message, state, underlying, group, raises
    case chattering, comment, anomaly
    case heldBecause = "held_because"
    case firstOut = "first_out"
    case heldBack = "held_back"
    case acknowledgedBy = "acknowledged_by"
    case shelvedBy = "shelved_by"
    case shelvedUntil = "shelved_until"
    case shelvedSeconds = "shelved_seconds"
    case commentBy = "comment_by"
    case commentAt = "comment_at"
  }

  /// `held, no value of boiler/pump`; nil when it is not held.
  var heldSentence: String? {
    guard held == true else { return nil }
    guard let heldBecause, !heldBecause.isEmpty else { return "held, nothing is known of its condition" }
    return "held, \(heldBecause)"
  }

  /// Nil once its detector can raise an alarm.
  var learningSentence: String? {
    guard let anomaly, anomaly.phase == "warm-up" || anomaly.phase == "learning" else { return nil }
    return
      "learns what is usual (\(Int((anomaly.learned * 100).rounded(.down))) % of \(anomaly.phase)), raises no alarm yet"
  }

  /// Something about it is to be seen.
  var isNotable: Bool { state != "normal" || firstOut == true || chattering != nil }
}

/// The daemon's answer to `alarms`.
struct AlarmsAnswer: Decodable {
  var rules: [AlarmEntry]
  /// Alarms of the gateway itself, and floods.
  var others: [AlarmEntry]?

  var all: [AlarmEntry] { rules + (others ?? []) }
}

/// The daemon's answer to a command for alarms.
struct AlarmReplyAnswer: Decodable {
  var outcome: String
  var reason: String?
  var message: String
}
