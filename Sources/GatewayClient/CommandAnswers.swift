/// The daemon's answer to `tag`: what is known of one tag.
struct TagAnswer: Decodable {
  var tag: String
  var type: String
  var unit: String
  var writable: Bool
  var minimum: Double?
  var maximum: Double?
  var step: Double?
  /// Words that stand for values.
  var names: [String]?
  var value: Scalar?
  var quality: String?
  var time: String?
}

/// The daemon's answer to `write` (`docs/commands.md`).
struct WriteAnswer: Decodable {
  struct Value: Decodable {
    var outcome: String
    var old: Scalar?
    var value: Scalar?
    var message: String
  }

  var outcome: String
  var reason: String?
  var message: String
  var values: [String: Value]?
}

/// The daemon's answer to `read`: entries, or why there are none.
struct ReadAnswer: Decodable {
  struct Failure: Decodable {
    var reason: String
    var message: String
  }

  var entries: [UInt16]?
  var failure: Failure?
}

/// The daemon's answer to `probe`: the reply's bytes, or why there are none.
struct ProbeAnswer: Decodable {
  var bytes: [UInt8]?
  var failure: ReadAnswer.Failure?
}
