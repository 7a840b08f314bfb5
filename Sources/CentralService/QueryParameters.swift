import Hummingbird
import Telemetry

/// The part of a URL behind the question mark, with errors that say what is allowed.
struct QueryParameters {
  private let values: [String: String]

  init(_ request: Request, known: [String]) throws {
    var values: [String: String] = [:]
    for (name, value) in request.uri.queryParameters {
      guard known.contains(String(name)) else {
        let nearest = EditDistance.nearest(to: String(name), among: known).map { "; did you mean '\($0)'?" } ?? ""
        throw CentralHTTPError.badRequest(
          "unknown parameter '\(name)'\(nearest) Known: \(known.joined(separator: ", "))")
      }
      guard values.updateValue(String(value), forKey: String(name)) == nil else {
        throw CentralHTTPError.badRequest("'\(name)' is given twice")
      }
    }
    self.values = values
  }

  func required(_ name: String, example: String) throws -> String {
    guard let value = values[name], !value.isEmpty else {
      throw CentralHTTPError.badRequest("'\(name)' is missing; for example: \(name)=\(example)")
    }
    return value
  }

  func text(_ name: String) -> String? { values[name] }

  func choice(_ name: String, _ choices: [String]) throws -> String {
    guard let value = values[name] else { return choices[0] }
    guard choices.contains(value) else {
      throw CentralHTTPError.badRequest("'\(name)' is \(choices.joined(separator: " or ")), not '\(value)'")
    }
    return value
  }

  /// A whole number that is not negative; nil when it is not given.
  func number(_ name: String) throws -> UInt64? {
    guard let text = values[name] else { return nil }
    guard let number = UInt64(text) else {
      throw CentralHTTPError.badRequest("'\(name)' is a whole number, not '\(text)'")
    }
    return number
  }

  func limit(default usual: Int, maximum: Int) throws -> Int {
    guard let text = values["limit"] else { return usual }
    guard let number = Int(text), (1...maximum).contains(number) else {
      throw CentralHTTPError.badRequest("'limit' is a number from 1 to \(maximum), not '\(text)'")
    }
    return number
  }

  /// `from` up to but not including `to`; the last hour when neither is given.
  func range(now: Timestamp, defaultSpan: Duration = .seconds(3_600)) throws -> Range<Timestamp> {
    let until = try time("to") ?? now + .seconds(3_600)
    let from = try time("from") ?? min(now, until) - defaultSpan
    guard from < until else { throw CentralHTTPError.badRequest("'from' must be before 'to'") }
    return from..<until
  }

  private func time(_ name: String) throws -> Timestamp? {
    guard let text = values[name] else { return nil }
    // A space stands for the + of a zone that was not percent-encoded.
    if let time = Timestamp(iso8601: text.map { $0 == " " ? "+" : String($0) }.joined()) { return time }
    if let milliseconds = Int64(text), milliseconds.magnitude < 1 << 53 { return Timestamp(milliseconds: milliseconds) }
    throw CentralHTTPError.badRequest(
      "'\(name)' is a time like 2026-05-01T12:00:00Z, or milliseconds since 1970, not '\(text)'")
  }
}

extension Timestamp {
  fileprivate static func - (left: Self, right: Duration) -> Self {
    Self(milliseconds: left.milliseconds - right.wholeMilliseconds)
  }
}
