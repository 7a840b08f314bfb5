import BatchCodec
import FoundationEssentials
import HTTPClient
import Telemetry
import Testing

@testable import GatewayClient

/// Values from the outbox and from central, as far as they do not need either.
@Suite("Rules over stored values")
struct StoredReplayTests {
  private static let ever = Timestamp(milliseconds: .min)..<Timestamp(milliseconds: .max)
  private static let catalogue = Catalogue(devices: [
    DeviceDefinition(name: "other", tags: [TagDefinition(name: "t", type: .integer)]),
    DeviceDefinition(
      name: "d",
      tags: [
        TagDefinition(name: "on", type: .boolean),
        TagDefinition(name: "t", type: .integer, scaling: Scaling(multiplier: 1, offset: 0, decimals: 1)!),
      ]),
  ])

  // MARK: The outbox

  /// A batch with readings of `d/t` from `second` on, one a second, and one of another device.
  private static func batch(
    _ number: UInt64, from second: Int64, _ readings: [Reading], mean: Int64? = nil, epoch: UInt64 = 1
  ) throws -> [UInt8] {
    var block = DeviceColumns(device: 1, tagCount: 2)
    for (index, reading) in readings.enumerated() {
      block.append(
        DeviceScan(
          device: 1, time: Timestamp(milliseconds: (second + Int64(index)) * 1_000),
          readings: [Reading(.boolean(true)), reading]))
    }
    var other = DeviceColumns(device: 0, tagCount: 1)
    other.append(
      DeviceScan(device: 0, time: Timestamp(milliseconds: second * 1_000), readings: [Reading(.integer(7))]))
    var aggregates: [DeviceAggregates] = []
    if let mean {
      let none = DeviceAggregates.Column(minimums: [0], maximums: [0], totals: [0], counts: [0])
      let column = DeviceAggregates.Column(minimums: [mean], maximums: [mean], totals: [mean * 60], counts: [60])
      aggregates.append(
        DeviceAggregates(
          device: 1, periodMilliseconds: 60_000, times: [Timestamp(milliseconds: second * 1_000)],
          columns: [none, column]))
    }
    return try BatchCodec.encode(
      epoch: Epoch(high: epoch, low: 1), number: number, catalogue: catalogue,
      devices: readings.isEmpty ? [other] : [other, block], aggregates: aggregates)
  }

  private static func line(_ bytes: [UInt8], last: Bool = true, cut: Bool = true) throws -> String {
    #"{"stored":{"bytes":"\#(Data(bytes).base64EncodedString())","last":\#(last),"cut":\#(cut),"next":"n"}}"#
  }

  /// A source to which the daemon answers with these lines, and all that it gives.
  private static func source(
    _ lines: [String], _ range: Range<Timestamp> = ever
  ) throws -> (samples: [ReplaySample], source: OutboxSamples, asked: [String?]) {
    var rest = lines[...]
    var asked: [String?] = []
    let source = OutboxSamples(tag: "d/t", range: range) { after in
      asked.append(after)
      return try JSONDecoder().decode(DaemonLine.self, from: Data((rest.popFirst() ?? #"{"end":{}}"#).utf8))
    }
    var samples: [ReplaySample] = []
    while let more = try source.next() { samples += more }
    return (samples, source, asked)
  }

  @Test("Values keep unit, time and quality; absent ones are none; parts are put together")
  func readings() throws {
    let bytes = try Self.batch(
      1, from: 10,
      [
        Reading(.integer(215)), .absent, .bad(.timeout), Reading(.integer(220), quality: .uncertain(.clock)),
      ])
    let (samples, source, asked) = try Self.source([
      try Self.line(Array(bytes[..<30]), last: false), try Self.line(Array(bytes[30...])), try Self.line([]),
    ])
    #expect(samples.map(\.time.milliseconds) == [10_000, 12_000, 13_000])
    #expect(samples.map(\.text) == ["21.5", "", "22"] && samples.map(\.value) == [21.5, nil, 22])
    #expect(samples.map(\.quality) == [.good, .bad(.timeout), .uncertain(.clock)])
    #expect(samples.map(\.reading.quality) == samples.map(\.quality))
    #expect(asked == [nil, "n", "n", "n"] && source.remarks == [])
  }

  @Test("A thinned minute is its mean, uncertain")
  func thinned() throws {
    let (samples, _, _) = try Self.source([try Self.line(Self.batch(1, from: 60, [], mean: 205))])
    let mean = ReplaySample(
      time: Timestamp(milliseconds: 60_000), text: "20.5", value: 20.5, quality: .uncertain(.none), isThinned: true)
    #expect(samples == [mean])
  }

  @Test("Only the wanted time is given, and no gap is seen where batches are passed over")
  func bounded() throws {
    let reading = Reading(.integer(1))
    let (samples, source, _) = try Self.source(
      [
        try Self.line(Self.batch(1, from: 10, [reading, reading])),
        try Self.line(Self.batch(5, from: 20, [reading, reading])),
      ], Timestamp(milliseconds: 11_000)..<Timestamp(milliseconds: 21_000))
    #expect(samples.map(\.time.milliseconds) == [11_000, 20_000] && source.remarks == [])
  }

  @Test("What is not cut comes last, and is void when its batch comes after all")
  func uncut() throws {
    let reading = Reading(.integer(1))
    let first = try Self.batch(1, from: 10, [reading])
    let second = try Self.batch(2, from: 20, [reading])
    let later = try Self.batch(3, from: 30, [reading])
    let (samples, _, _) = try Self.source([
      try Self.line(first), try Self.line(second, cut: false),
      try Self.line(Array(later[..<20]), last: false, cut: false),
      try Self.line(second), try Self.line(later, cut: false),
    ])
    #expect(samples.map(\.time.milliseconds) == [10_000, 20_000, 30_000])
  }

  @Test("Gaps, damage and frames without a clock are told")
  func remarks() throws {
    let reading = Reading(.integer(1))
    var damaged = try Self.batch(2, from: 20, [reading])
    damaged[damaged.count / 2] ^= 1
    let (samples, source, _) = try Self.source([
      try Self.line(Self.batch(1, from: 10, [reading])), try Self.line(damaged),
      try Self.line(Self.batch(5, from: 50, [reading])), try Self.line(Self.batch(1, from: 60, [reading], epoch: 2)),
      #"{"end":{"frames_without_clock":3}}"#,
    ])
    #expect(samples.count == 3)
    #expect(source.remarks.count == 3)
    #expect(source.remarks[0].hasPrefix("3 batches went to central"))
    #expect(source.remarks[1].hasPrefix("1 batches cannot be read"))
    #expect(source.remarks[2].hasPrefix("3 frames are left out"))
  }

  // MARK: Central

  private static func answer(_ status: Int, _ body: String, next: Int64? = nil) -> DirectAnswer {
    let headers = next.map { ["x-next-from": Timestamp(milliseconds: $0).iso8601] } ?? [:]
    return DirectAnswer(status: status, headers: headers, body: Array(body.utf8))
  }

  /// A central with one value at each of these milliseconds, which answers as central does.
  private static func central(_ times: [Int64], page: Int) -> (source: CentralSamples, asked: () -> [String]) {
    final class Asked { var paths: [String] = [] }
    let asked = Asked()
    let source = CentralSamples(gateway: "a b", tag: "d/t", range: ever) { path in
      asked.paths.append(path)
      func number(_ name: String) -> Int64 {
        path.split(whereSeparator: { "?&".contains($0) }).first { $0.hasPrefix(name + "=") }
          .flatMap { Int64($0.dropFirst(name.count + 1)) } ?? -1
      }
      // Pages of the test are small: central's own limit stands for ten thousand of them.
      let limit = Int(number("limit")) * page / CentralSamples.pageSamples
      let found = times.filter { $0 >= number("from") && $0 < number("to") }
      let rows = found.prefix(limit).map { "\(Timestamp(milliseconds: $0).iso8601),\($0),good,\n" }.joined()
      return answer(200, "time,value,quality,reason\n" + rows, next: found.count > limit ? found[limit] : nil)
    }
    return (source, { asked.paths })
  }

  @Test(
    "Pages are put together, whatever times are doubled where they end",
    arguments: [
      [], [1], [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 3, 4, 5, 6], [1, 2, 3, 3, 3, 4], [1, 1, 1, 1, 1, 1, 1, 2],
      [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4, 5, 5, 5, 6],
    ] as [[Int64]])
  func pages(times: [Int64]) throws {
    let (source, asked) = Self.central(times, page: 3)
    var found: [Int64] = []
    while let samples = try source.next() { found += samples.map(\.time.milliseconds) }
    #expect(found == times)
    #expect(asked().count <= times.count / 2 + 2)
    #expect(asked()[0].hasPrefix("/v1/gateways/a%20b/samples?tag=d%2Ft&format=csv&limit=10000&from=0&to="))
  }

  @Test("Central's columns are read as it writes them")
  func columns() throws {
    let text = """
      time,value,quality,reason
      2026-05-01T10:00:00.000Z,21.5,good,
      2026-05-01T10:00:01.000Z,true,good,
      2026-05-01T10:00:02.000Z,,bad,time-out
      2026-05-01T10:00:03.000Z,20,uncertain,thinned: mean of 60
      2026-05-01T10:00:04.000Z,20,uncertain,stale
      2026-05-01T10:00:05.000Z,"a ""b"",
      c",good,

      """
    let samples = try CentralTable.samples(Array(text.utf8))
    #expect(samples.map(\.value) == [21.5, 1, nil, 20, 20, nil])
    #expect(samples.map(\.isThinned) == [false, false, false, true, false, false])
    #expect(samples.map(\.quality.level) == [.good, .good, .bad, .uncertain, .uncertain, .good])
    #expect(samples[4].quality.reason == .stale && samples[5].text == "a \"b\",\nc")
    #expect(samples[5].reading == .bad(.undecodable))
  }

  @Test(
    "What central refuses is told with what to do",
    arguments: [
      (403, #"{"error":"forbidden","message":"needs OU=operator"}"#, "(403): needs OU=operator. Central's operator"),
      (404, #"{"error":"unknown-tag","message":"no tag 'd/t'"}"#, "central has no such values: no tag 'd/t'"),
      (500, "<html>", "central answered with 500; its log says more"),
      (200, "<html>login</html>", "does not answer as central does: '<html>login</html>'; is the url right?"),
      (200, "time,value,quality,reason\nnow,1,good,", "does not answer as central does: 'now,1,good,'"),
    ])
  func refusals(status: Int, body: String, words: String) throws {
    let source = CentralSamples(gateway: "g", tag: "d/t", range: Self.ever) { _ in Self.answer(status, body) }
    let failure = #expect(throws: ReplayRun.Failure.self) { try source.next() }
    #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
  }

  // MARK: Bounds

  @Test("Bounds are times, or durations before now")
  func bounds() throws {
    let now = try #require(Timestamp(iso8601: "2026-05-01T09:00:00Z"))
    let range = try ReplayBounds.range(from: "2h", until: "2026-05-01T10:00:00+02:00", now: now)
    #expect(range.lowerBound.iso8601 == "2026-05-01T07:00:00.000Z")
    #expect(range.upperBound.iso8601 == "2026-05-01T08:00:00.000Z")
    #expect(try ReplayBounds.range(from: nil, until: nil, now: now) == Self.ever)
    #expect(throws: ReplayRun.Failure.self) { try ReplayBounds.range(from: "yesterday", until: nil, now: now) }
    #expect(throws: ReplayRun.Failure.self) { try ReplayBounds.range(from: "1h", until: "2h", now: now) }
    // Ten o'clock at the site, wherever that is.
    let local = try ReplayBounds.range(from: "2026-05-01 10:00", until: nil, now: now).lowerBound
    #expect(ReplayTime(utc: local).minuteOfWeek == ReplayTime("2026-05-01 10:00")?.minuteOfWeek)
  }
}
