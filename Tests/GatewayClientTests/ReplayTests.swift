import FoundationEssentials
import Testing

@testable import GatewayClient

@Suite("Rules over recorded values")
struct ReplayTests {
  private static let configuration = """
    gateway: g
    central: { url: "https://c" }
    buses: [ { name: b, type: modbus-tcp, host: h } ]
    devices:
      - name: d
        bus: b
        unit: 1
        every: 1s
        tags: [ { name: t, holding: 0, type: int16, scale: 0.1, unit: "°C" }, { name: u, holding: 1 } ]
    rules:
      - { name: hot, tag: d/t, above: 85, for: 10min }
      - { name: odd, tag: d/t, anomaly: { learn: 0s } }
      - { name: night, tag: d/t, above: 50, schedule: { from: "22:00", to: "06:00" } }
      - { name: both, all: [ { tag: d/t, above: 0 }, { tag: d/u, above: 0 } ] }
    """

  /// - Returns: what was written, and the summary.
  private static func run(
    _ lines: [String], tag: String = "d/t", explain: Bool = false, json: Bool = false, chunk: Int = 1_000
  ) throws -> (output: [String], summary: [String]) {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("replay-\(UUID().uuidString).yaml")
    try Data(configuration.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    var request = ReplayRun.Request(configuration: file.path, tag: tag)
    request.explain = explain
    request.json = json
    var replay = try ReplayRun(request)
    var rest = Array(lines.joined(separator: "\n").utf8)[...]
    var output: [UInt8] = []
    var summary: [String] = []
    try replay.run(
      input: {
        defer { rest = rest.dropFirst(chunk) }
        return Array(rest.prefix(chunk))
      }, output: { output += $0 }, summary: { summary.append($0) })
    return (String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init), summary)
  }

  private static func time(_ minutes: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "2026-03-\(two(1 + minutes / 1_440)) \(two(minutes / 60 % 24)):\(two(minutes % 60)):00"
  }

  /// Every 5 minutes a value between 20 and 22, and one of 90.
  private static func rows(_ count: Int, wild: Int) -> [String] {
    ["timestamp,value"]
      + (0..<count).map { "\(time($0 * 5)),\($0 == wild ? "90" : "2\(($0 * 7) % 3).\(($0 * 13) % 10)")" }
  }

  @Test("One row comes out for each that goes in, with 1 where an anomaly alarm rises", arguments: [7, 1_000_000])
  func scores(chunk: Int) throws {
    let rows = Self.rows(500, wild: 400)
    let (output, summary) = try Self.run(rows, chunk: chunk)
    #expect(output.count == rows.count && output[0] == "timestamp,value,anomaly_score")
    for (index, row) in rows.enumerated().dropFirst() { #expect(output[index].hasPrefix(row + ",")) }
    #expect(output[401] == "\(Self.time(2_000)),90,1")
    #expect(summary[0].hasPrefix("500 rows of d/t over 41 hours, "))
    #expect(summary.contains("hot: raised never"), "one reading is shorter than its delay")
    #expect(summary.contains("without values here, so unknown to the rules: d/u"))
    #expect(summary.contains("odd: at the end still settling"))
  }

  @Test("Sentences stand in a column of their own, and each event in its row's object")
  func explained() throws {
    let rows = Self.rows(500, wild: 400)
    let (table, _) = try Self.run(rows, explain: true)
    #expect(table[401].contains(",1,") && table[401].contains("raised odd: d/t 90 °C; not seen before"))
    let (lines, summary) = try Self.run(rows, json: true)
    #expect(lines.count == 500)
    #expect(lines[400].contains(#""anomaly_score":1,"events":[{"#) && lines[400].contains(#""alarm":"odd""#))
    #expect(summary.count == 1 && summary[0].contains(#""hot":0"#))
  }

  @Test("Delays and schedules go by the rows' own time")
  func times() throws {
    let header = ["timestamp,value"]
    let (delayed, _) = try Self.run(
      header + [0, 5, 10, 15].map { "\(Self.time(600 + $0)),86" }, explain: true)
    #expect(delayed.map { $0.contains("raised hot") } == [false, false, false, true, false])
    // Between rows an hour apart the delay ends in the middle: told with the later row.
    let (late, _) = try Self.run(header + [0, 60].map { "\(Self.time(600 + $0)),86" }, explain: true)
    #expect(late.map { $0.contains("raised hot") } == [false, false, true])
    let night = try Self.run(header + ["2026-03-01 21:59,60", "2026-03-01 22:00,60"], explain: true).output
    #expect(night.map { $0.contains("raised night") } == [false, false, true])
  }

  @Test("Tables of spreadsheets are understood, and bad rows counted")
  func tables() throws {
    let (output, summary) = try Self.run([
      "\u{feff}no;Value;\"Timestamp\";remark\r", "1;20.5;2026-03-01T00:00:00Z;\"a;b\"\r", "2;;1772323500\r", "",
      "3;\"n/a\";2026-03-01 00:10\r", "4;21;2026-03-01T00:09:00Z\r",
    ])
    #expect(
      output == [
        "timestamp,value,anomaly_score", "2026-03-01T00:00:00Z,20.5,0", "1772323500,,0", "2026-03-01 00:10,n/a,0",
        "2026-03-01T00:09:00Z,21,0",
      ])
    #expect(summary.contains("2 rows have no number and count as bad; the first: line 3: ''"))
    #expect(summary.contains("1 rows are earlier than the row before; they count at its time"))
  }

  @Test(
    "What cannot be read is told with its line",
    arguments: [
      (["time,value", "1,2"], "the first line must name the columns timestamp and value; it is: time,value"),
      (
        ["timestamp,value", "1,2", "yesterday,5"],
        "line 3: 'yesterday' is no time; for example: 2026-11-26 04:05:06, or with a zone: 2026-11-26T04:05:06Z"
      ), ([], "there is no line; columns timestamp and value are read"),
    ])
  func mistakes(lines: [String], message: String) {
    let failure = #expect(throws: ReplayRun.Failure.self) { try Self.run(lines) }
    #expect(failure?.description == message)
  }

  @Test("A tag that is not there, or that no rule watches, is told with what would help")
  func tags() throws {
    let unknown = #expect(throws: ReplayRun.Failure.self) { try Self.run([], tag: "d/x") }
    #expect(unknown?.description.hasSuffix("the configuration has no tag 'd/x'; did you mean 'd/t'?") == true)
  }

  @Test("A row with more columns than the first line is bad, and the summary says why; empty ones do no harm")
  func surplusColumns() throws {
    let (output, summary) = try Self.run([
      "timestamp,value", "\(Self.time(0)),71.5,", "\(Self.time(5)),71,5", "\(Self.time(10)),71.5,,",
    ])
    #expect(output.count == 4)
    #expect(
      summary.contains(
        "1 rows have no number and count as bad; the first: line 3: '71' in more columns than the first line has; "
          + "a decimal comma?"), "\(summary)")
  }
}
