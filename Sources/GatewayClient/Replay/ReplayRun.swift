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
    /// A time or a duration before now, where values are stored ones; nil: all. ``until`` itself is left out.
    public var from: String?
    public var until: String?

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
  let settings: GatewaySettings
  var replay: RuleReplay
  private var table: ReplayTable?
  private var line = 0
  /// Rows of a table without a number.
  private(set) var skipped = 0
  private(set) var firstSkipped = ""
  /// Stored values that are means of thinned minutes.
  private(set) var thinned = 0
  private(set) var remarks: [String] = []
  /// When progress was last told.
  private var shown = 0.0

  /// - Throws: ``Failure`` with all mistakes of the configuration, a line each.
  public init(_ request: Request) throws {
    self.request = request
    let loaded = ConfigurationFile.load(path: request.configuration)
    guard let settings = loaded.settings else {
      throw Failure(
        description: loaded.diagnostics.map { $0.rendered(file: request.configuration) }.joined(separator: "\n"))
    }
    self.settings = settings
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
  ///   - progress: takes a line about twice a second, each in the place of the one before.
  public mutating func run(
    input: () throws -> [UInt8], output: ([UInt8]) throws -> Void, summary: (String) -> Void,
    progress: (String) -> Void = { _ in }
  ) throws {
    let began = Self.seconds()
    shown = began
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
        tell(progress)
      }
    }
    guard table != nil else { throw Failure(description: "there is no line; columns timestamp and value are read") }
    finish(began, summary)
  }

  /// - Parameters:
  ///   - output: takes rows as they are ready.
  ///   - summary: takes the lines of the summary.
  ///   - progress: takes a line about twice a second, each in the place of the one before.
  mutating func run(
    _ source: any ReplaySource, output: ([UInt8]) throws -> Void, summary: (String) -> Void, progress: (String) -> Void
  ) throws {
    let began = Self.seconds()
    shown = began
    var out = head
    while let samples = try source.next() {
      for sample in samples {
        thinned += sample.isThinned ? 1 : 0
        let result = replay.take(ReplayTime(utc: sample.time), sample.reading)
        write(ReplayTable.Row(timestamp: sample.time.iso8601, value: sample.text), sample.value, result, &out)
        if out.count > 1 << 16 {
          try output(out)
          out.removeAll(keepingCapacity: true)
        }
      }
      tell(progress)
    }
    remarks = source.remarks
    guard replay.rows > 0 else {
      let isBounded = request.from != nil || request.until != nil
      throw Failure(
        description:
          "there is no value of \(request.tag)\(isBounded ? " in this time" : "") there; \(source.hintWhenEmpty)")
    }
    try output(out)
    finish(began, summary)
  }

  private mutating func tell(_ progress: (String) -> Void) {
    guard Self.seconds() - shown > 0.5 else { return }
    shown = Self.seconds()
    progress("\(replay.rows) values\(replay.lastTime.map { ", up to \($0.iso8601)" } ?? "")")
  }

  private func finish(_ began: Double, _ summary: (String) -> Void) {
    for text in lines(seconds: Self.seconds() - began) { summary(text) }
  }

  /// The first line that is written; empty for JSON.
  private var head: [UInt8] {
    request.json ? [] : Array("timestamp,value,anomaly_score\(request.explain ? ",explanation" : "")\n".utf8)
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>, _ out: inout [UInt8]) throws {
    line += 1
    guard let table else {
      do throws(ReplayTable.Mistake) {
        self.table = try ReplayTable(header: Array(bytes))
      } catch {
        throw Failure(description: error.description)
      }
      out += head
      return
    }
    guard let row = table.row(bytes) else { return }
    guard let time = ReplayTime(row.timestamp) else {
      throw Failure(
        description: "line \(line): '\(row.timestamp.prefix(60))' is no time; "
          + "for example: 2026-11-26 04:05:06, or with a zone: 2026-11-26T04:05:06Z")
    }
    let value = row.isTooLong ? nil : ReplayTable.number(row.value)
    if value == nil {
      skipped += 1
      let cause = row.isTooLong ? " in more columns than the first line has; a decimal comma?" : ""
      if firstSkipped.isEmpty { firstSkipped = "line \(line): '\(row.value.prefix(40))'\(cause)" }
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
}
