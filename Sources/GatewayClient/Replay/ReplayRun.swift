import GatewayConfiguration
import Glibc
import JSONText
import RuleEngine
import Telemetry
import YAMLParser

/// `fieldgate rules replay`: a table comes in, the same rows go out with what the rules say of them, and a summary follows.
public struct ReplayRun {
  public struct Request: Sendable {
    public var configuration: String
    /// `DEVICE/TAG`.
    public var tag: String
    /// A column with the sentences of alarms.
    public var explain = false
    /// One JSON object a row, and the summary as one.
    public var json = false

    public init(configuration: String, tag: String) {
      self.configuration = configuration
      self.tag = tag
    }
  }

  /// What is wrong, in one line.
  public struct Failure: Error, CustomStringConvertible {
    public var description: String

    public init(description: String) {
      self.description = description
    }
  }

  let request: Request
  var replay: RuleReplay
  private var table: ReplayTable?
  private var line = 0
  private var skipped = 0
  private var firstSkipped = ""

  /// - Throws: ``Failure`` with all mistakes of the configuration, a line each.
  public init(_ request: Request) throws {
    self.request = request
    let loaded = ConfigurationFile.load(path: request.configuration)
    guard let settings = loaded.settings else {
      throw Failure(
        description: loaded.diagnostics.map { $0.rendered(file: request.configuration) }.joined(separator: "\n"))
    }
    do {
      replay = try RuleReplay(settings, tag: request.tag)
    } catch {
      throw Failure(description: "\(request.configuration): \(error.description)")
    }
  }

  /// - Parameters:
  ///   - input: gives the next bytes; empty at the end.
  ///   - output: takes rows as they are ready.
  ///   - summary: takes the lines of the summary.
  public mutating func run(
    input: () throws -> [UInt8], output: ([UInt8]) throws -> Void, summary: (String) -> Void
  ) throws {
    let began = Self.seconds()
    var waiting: [UInt8] = []
    var out: [UInt8] = []
    var isAtEnd = false
    while !isAtEnd {
      let bytes = try input()
      isAtEnd = bytes.isEmpty
      waiting += bytes
      var rest = waiting[...]
      while let end = rest.firstIndex(of: 10) {
        try take(rest[..<end], &out)
        rest = rest[(end + 1)...]
      }
      if isAtEnd, !rest.isEmpty {
        try take(rest, &out)
        rest = rest[rest.endIndex...]
      }
      guard rest.count <= ReplayTable.maximumLineBytes else {
        throw Failure(
          description: "line \(line + 1) is longer than \(ReplayTable.maximumLineBytes) bytes; is it a table?")
      }
      waiting = Array(rest)
      if out.count > 1 << 16 || isAtEnd {
        try output(out)
        out.removeAll(keepingCapacity: true)
      }
    }
    guard table != nil else { throw Failure(description: "there is no line; columns timestamp and value are read") }
    for text in lines(seconds: Self.seconds() - began) { summary(text) }
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>, _ out: inout [UInt8]) throws {
    line += 1
    guard let table else {
      do throws(ReplayTable.Mistake) {
        self.table = try ReplayTable(header: Array(bytes))
      } catch {
        throw Failure(description: error.description)
      }
      if !request.json {
        out += Array("timestamp,value,anomaly_score\(request.explain ? ",explanation" : "")\n".utf8)
      }
      return
    }
    guard let row = table.row(bytes) else { return }
    guard let time = ReplayTime(row.timestamp) else {
      throw Failure(
        description: "line \(line): '\(row.timestamp.prefix(60))' is no time; "
          + "for example: 2026-11-26 04:05:06, or with a zone: 2026-11-26T04:05:06Z")
    }
    let value = row.value.isEmpty ? nil : Double(row.value)
    if value == nil {
      skipped += 1
      if firstSkipped.isEmpty { firstSkipped = "line \(line): '\(row.value.prefix(40))'" }
    }
    write(row, value, replay.take(time, value), &out)
  }

  private func write(_ row: ReplayTable.Row, _ value: Double?, _ result: RuleReplay.Result, _ out: inout [UInt8]) {
    guard !request.json else {
      out += JSONWriter.object { json in
        json.member("timestamp", row.timestamp)
        json.member("value", orNull: value)
        json.member("anomaly_score", result.isAnomaly ? 1 : 0)
        json.array("events") { json in
          for event in result.events {
            json.object { json in
              json.member("alarm", event.alarm)
              json.member("transition", event.transition.name)
              json.member("message", event.message)
            }
          }
        }
      }
      out.append(10)
      return
    }
    out += Array(Self.quoted(row.timestamp).utf8)
    out.append(44)
    out += Array(Self.quoted(row.value).utf8)
    out += Array(result.isAnomaly ? ",1".utf8 : ",0".utf8)
    if request.explain {
      let text = result.events.map { "\($0.transition.name) \($0.alarm): \($0.message)" }.joined(separator: " | ")
      out.append(44)
      out += Array(Self.quoted(text).utf8)
    }
    out.append(10)
  }

  private static func quoted(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 44 || $0 == 34 || $0 == 10 || $0 == 13 }) else { return text }
    return "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  // MARK: Summary

  private func lines(seconds: Double) -> [String] {
    guard !request.json else { return [json(seconds: seconds)] }
    let span = replay.firstTime.map { (replay.lastTime ?? $0) - $0 } ?? .zero
    var lines = [
      "\(replay.rows) rows of \(request.tag) over \(Self.span(span)), "
        + "\(Int((Double(replay.rows) / max(seconds, 1e-6)).rounded())) rows a second"
    ]
    if skipped > 0 { lines.append("\(skipped) rows have no number and count as bad; the first: \(firstSkipped)") }
    if replay.rowsBackInTime > 0 {
      lines.append("\(replay.rowsBackInTime) rows are earlier than the row before; they count at its time")
    }
    for rule in replay.rules {
      lines.append("\(rule.name): raised \(Self.times(replay.counts[rule.name, default: 0]))")
    }
    for (rule, state) in replay.learning where state.phase != "settled" {
      lines.append("\(rule): at the end still \(state.phase)")
    }
    if !replay.missingTags.isEmpty {
      lines.append("not in the file, so unknown to the rules: \(replay.missingTags.joined(separator: ", "))")
    }
    return lines
  }

  private func json(seconds: Double) -> String {
    let bytes = JSONWriter.object { json in
      json.object("summary") { json in
        json.member("tag", request.tag)
        json.member("rows", replay.rows)
        json.member("bad_rows", replay.badRows)
        json.member("rows_back_in_time", replay.rowsBackInTime)
        json.member("seconds", (seconds * 1_000).rounded() / 1_000)
        json.object("raised") { json in
          for rule in replay.rules { json.member(rule.name, replay.counts[rule.name, default: 0]) }
        }
        json.object("learning") { json in for (rule, state) in replay.learning { json.member(rule, state.phase) } }
        json.array("missing_tags") { json in for tag in replay.missingTags { json.string(tag) } }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func times(_ count: Int) -> String {
    switch count {
    case 0: "never"
    case 1: "once"
    default: "\(count) times"
    }
  }

  private static func span(_ duration: Duration) -> String {
    let seconds = duration.wholeMilliseconds / 1_000
    if seconds >= 2 * 86_400 { return "\(seconds / 86_400) days" }
    if seconds >= 2 * 3_600 { return "\(seconds / 3_600) hours" }
    return seconds >= 120 ? "\(seconds / 60) minutes" : "\(seconds) s"
  }
}
