import BatchCodec
import Telemetry
import Testing

@testable import GatewayCore

@Suite struct ThinningTests {
  static let epoch = Epoch(high: 5, low: 6)

  static func batch(
    _ catalogue: Catalogue, _ devices: [DeviceColumns], aggregates: [DeviceAggregates] = [],
    losses: [LossNotice] = [], span: UInt32 = 1
  ) throws -> Batch {
    let bytes = try BatchCodec.encode(
      epoch: epoch, number: 9, span: span, catalogue: catalogue, devices: devices, aggregates: aggregates,
      losses: losses, time: Timestamp(milliseconds: 1))
    return try BatchCodec.decode(bytes[...])
  }

  static func float(_ value: Float) -> Reading { Reading(.float32(value)) }

  struct Case: Sendable {
    var title: String
    var type: ValueType
    /// Time in milliseconds and reading.
    var rows: [(Int64, Reading)]
    /// Start, minimum, maximum, total, count.
    var expected: [[Int64]]
  }

  static let cases: [Case] = [
    Case(
      title: "integers, two periods", type: .integer,
      rows: [
        (59_999, Reading(bits: 3, quality: .good)), (60_000, Reading(bits: -4, quality: .good)),
        (119_999, Reading(bits: 10, quality: .uncertain(.outOfRange))),
      ],
      expected: [[0, 3, 3, 3, 1], [60_000, -4, 10, 6, 2]]),
    Case(
      title: "before 1970, and a period without a scan", type: .integer,
      rows: [(-1, Reading(bits: 1, quality: .good)), (60_001, Reading(bits: 2, quality: .good))],
      expected: [[-60_000, 1, 1, 1, 1], [60_000, 2, 2, 2, 1]]),
    Case(
      title: "bad and absent readings count nothing", type: .integer,
      rows: [(0, .bad(.timeout)), (1, .absent), (60_000, Reading(bits: 7, quality: .good))],
      expected: [[0, 0, 0, 0, 0], [60_000, 7, 7, 7, 1]]),
    Case(
      title: "a sum beyond 64 bits stays at the bound", type: .integer,
      rows: [
        (0, Reading(bits: .max, quality: .good)), (1, Reading(bits: 5, quality: .good)),
        (60_000, Reading(bits: .min, quality: .good)), (60_001, Reading(bits: -5, quality: .good)),
      ],
      expected: [[0, 5, .max, .max, 2], [60_000, .min, -5, .min, 2]]),
    Case(
      title: "states count how often they were on", type: .boolean,
      rows: [(0, Reading(.boolean(true))), (1, Reading(.boolean(false))), (2, Reading(.boolean(true)))],
      expected: [[0, 0, 1, 2, 3]]),
    Case(
      title: "floats give the mean, NaNs are no extremes", type: .float32,
      rows: [(0, float(.nan)), (60_000, float(1)), (60_001, float(-2)), (60_002, float(4))],
      expected: [
        [0, Value.float32(.nan).bits, Value.float32(.nan).bits, Value.float32(.nan).bits, 1],
        [60_000, Value.float32(-2).bits, Value.float32(4).bits, Value.float32(1).bits, 3],
      ]),
    Case(
      title: "a clock set back gives each period one row", type: .integer,
      rows: [
        (60_000, Reading(bits: 1, quality: .good)), (59_000, Reading(bits: 2, quality: .good)),
        (61_000, Reading(bits: 3, quality: .good)),
      ],
      expected: [[0, 2, 2, 2, 1], [60_000, 1, 3, 4, 2]]),
  ]

  @Test("Samples become one aggregate a period", arguments: cases)
  func table(_ example: Case) throws {
    let catalogue = Catalogue(
      devices: [DeviceDefinition(name: "d", tags: [TagDefinition(name: "t", type: example.type)])])
    var block = DeviceColumns(device: 0, tagCount: 1)
    for (time, reading) in example.rows {
      block.append(DeviceScan(device: 0, time: Timestamp(milliseconds: time), readings: [reading]))
    }
    let content = Thinning.thin(try Self.batch(catalogue, [block]))
    guard case .telemetry(_, let devices, let aggregates, _) = content, let result = aggregates.first else {
      Issue.record("no aggregates")
      return
    }
    let column = result.columns[0]
    let rows = result.times.indices.map {
      [
        result.times[$0].milliseconds, column.minimums[$0], column.maximums[$0], column.totals[$0], column.counts[$0],
      ]
    }
    #expect(devices.isEmpty && result.periodMilliseconds == 60_000)
    #expect(rows == example.expected, "\(example.title)")
  }

  @Test("Seeded rows give what counting one by one gives", arguments: Array(1...40) as [UInt64])
  func againstReference(seed: UInt64) throws {
    var generator = PollingTestGenerator(seed: seed)
    let catalogue = Catalogue(
      devices: [
        DeviceDefinition(
          name: "d", tags: [TagDefinition(name: "i", type: .integer), TagDefinition(name: "f", type: .float64)])
      ])
    var block = DeviceColumns(device: 0, tagCount: 2)
    var time = Int64.random(in: -100_000...100_000, using: &generator)
    for _ in 0..<Int.random(in: 1...200, using: &generator) {
      time += Int64.random(in: 0...9_000, using: &generator)
      let bad = Int.random(in: 0..<4, using: &generator) == 0
      let whole = Int64.random(in: -500...500, using: &generator)
      block.append(
        DeviceScan(
          device: 0, time: Timestamp(milliseconds: time),
          readings: [
            bad ? .bad(.checksum) : Reading(.integer(whole)),
            bad ? .absent : Reading(.float64(Double(whole) / 4)),
          ]))
    }
    let period = ([1_000, 7_000, 60_000] as [Int64]).randomElement(using: &generator) ?? 1_000
    let content = Thinning.thin(try Self.batch(catalogue, [block]), period: .milliseconds(period))
    guard case .telemetry(_, _, let aggregates, _) = content, let result = aggregates.first else {
      Issue.record("no aggregates")
      return
    }
    var next = 0
    for start in stride(from: Int64(-200_000) / period * period, through: 3_000_000, by: Int(period)) {
      let rows = block.times.indices.filter { (start..<start + period).contains(block.times[$0].milliseconds) }
      guard !rows.isEmpty else { continue }
      #expect(result.times[next].milliseconds == start, "seed \(seed)")
      let values = rows.filter { block.columns[0].qualities[$0].hasValue }.map { block.columns[0].bits[$0] }
      #expect(result.columns[0].counts[next] == values.count)
      #expect(result.columns[0].minimums[next] == values.min() ?? 0)
      #expect(result.columns[0].maximums[next] == values.max() ?? 0)
      #expect(result.columns[0].totals[next] == values.reduce(0, +))
      if let mean = result.columns[1].mean(row: next, type: .float64) {
        #expect(abs(mean - Double(values.reduce(0, +)) / 4 / Double(values.count)) < 1e-9)
      }
      next += 1
    }
    #expect(next == result.rowCount)
  }

  @Test("What is thinned already, loss notices, number and span stay as they are")
  func keeps() throws {
    let catalogue = Catalogue(
      devices: [DeviceDefinition(name: "d", tags: [TagDefinition(name: "t", type: .integer)])])
    let old = DeviceAggregates(
      device: 0, periodMilliseconds: 3_600_000, times: [Timestamp(milliseconds: 0)],
      columns: [DeviceAggregates.Column(minimums: [1], maximums: [2], totals: [3], counts: [2])])
    let loss = LossNotice(reason: .outboxFull, lane: .telemetry, numbers: 5...9)
    var block = DeviceColumns(device: 0, tagCount: 1)
    block.append(DeviceScan(device: 0, time: Timestamp(milliseconds: 1), readings: [Reading(.integer(4))]))
    let batch = try Self.batch(catalogue, [block], aggregates: [old], losses: [loss], span: 5)
    let once = try Thinning.encode(batch)
    let thinned = try BatchCodec.decode(once[...])
    #expect(thinned.header.epoch == Self.epoch && thinned.header.number == 9 && thinned.header.span == 5)
    guard case .telemetry(_, let devices, let aggregates, let losses) = thinned.content else {
      Issue.record("not telemetry")
      return
    }
    #expect(devices.isEmpty && aggregates.count == 2 && aggregates.first == old && losses == [loss])
    #expect(try Thinning.encode(thinned) == once)
  }

  @Test("Batches of alarms are left alone")
  func alarms() throws {
    let event = AlarmEvent(
      time: Timestamp(milliseconds: 1), alarm: "hot", tag: "d/t", transition: .raised, severity: .high, value: 1,
      message: "hot")
    let bytes = try BatchCodec.encode(epoch: Self.epoch, number: 1, alarms: [event])
    let batch = try BatchCodec.decode(bytes[...])
    #expect(Thinning.thin(batch) == batch.content)
    #expect(throws: CodecError.self) { try Thinning.encode(batch) }
  }

  @Test("of texts the count and the last one are left")
  func texts() throws {
    let catalogue = Catalogue(
      devices: [DeviceDefinition(name: "d", tags: [TagDefinition(name: "t", type: .text)])])
    var block = DeviceColumns(device: 0, tagCount: 1)
    for (time, text) in [(0, "a"), (1, "b"), (2, "a"), (60_000, "c"), (60_001, "b")] as [(Int64, String)] {
      block.append(
        DeviceScan(
          device: 0, time: Timestamp(milliseconds: time), readings: [Reading(bits: 0, quality: .good)],
          texts: [0: text]))
    }
    block.append(DeviceScan(device: 0, time: Timestamp(milliseconds: 120_000), readings: [.bad(.timeout)]))
    let thinned = try BatchCodec.decode(Thinning.encode(Self.batch(catalogue, [block]))[...])
    guard case .telemetry(_, _, let aggregates, _) = thinned.content else { return #expect(Bool(false)) }
    let column = aggregates[0].columns[0]
    #expect(column.counts == [3, 2, 0])
    #expect((0..<3).map { column.lastText(row: $0) } == ["a", "b", nil])
    #expect(column.mean(row: 0, type: .text) == nil)
  }
}
