import BatchCodec
import SampleTelemetry
import Telemetry
import Testing

/// Seeds are printed by a failing expectation; add one here and it runs first.
private let seeds: [UInt64] = Array(1...60)

@Suite struct BatchRoundTripTests {
  let epoch = Epoch(high: 0x0102_0304_0506_0708, low: 0xfffe_fdfc_fbfa_f9f8)

  @Test("A telemetry batch decodes to what was encoded, bit for bit", arguments: seeds)
  func telemetryRoundTrip(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    let rows = Int.random(in: 1...70, using: &random.generator)
    let devices = random.columns(catalogue, rows: rows)
    let bytes = try BatchCodec.encode(epoch: epoch, number: seed, catalogue: catalogue, devices: devices)
    let batch = try BatchCodec.decode(bytes[...])
    #expect(batch.header.epoch == epoch && batch.header.number == seed && batch.header.lane == .telemetry)
    #expect(batch.header.recordCount == devices.reduce(0) { $0 + $1.sampleCount })
    #expect(batch.header.span == 1 && batch.header.firstNumber == seed)
    #expect(batch.content == .telemetry(catalogue: catalogue, devices: devices, aggregates: [], losses: []))
  }

  @Test("Aggregates, loss notices and spans decode to what was encoded", arguments: seeds)
  func everythingRoundTrip(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    let devices = random.columns(catalogue, rows: Int.random(in: 1...9, using: &random.generator))
    let aggregates = random.aggregates(catalogue)
    let losses = random.losses(Int.random(in: 1...5, using: &random.generator))
    let bytes = try BatchCodec.encode(
      epoch: epoch, number: seed + 40, span: UInt32(seed), catalogue: catalogue, devices: devices,
      aggregates: aggregates, losses: losses)
    let batch = try BatchCodec.decode(bytes[...])
    #expect(batch.header.span == UInt32(seed) && batch.header.firstNumber == 41)
    #expect(
      batch.content
        == .telemetry(catalogue: catalogue, devices: devices, aggregates: aggregates, losses: losses))
    let times =
      devices.flatMap(\.times) + aggregates.flatMap(\.times)
      + losses.flatMap { [$0.firstTime, $0.lastTime].compactMap { $0 } }
    #expect(batch.header.firstTime == times.min() && batch.header.lastTime == times.max())
    let cells = aggregates.reduce(0) { $0 + $1.cellCount }
    #expect(batch.header.recordCount == devices.reduce(0) { $0 + $1.sampleCount } + cells)
  }

  @Test("A device with aggregates only is in the batch's catalogue, one without anything is not")
  func aggregatesOnly() throws {
    let catalogue = Catalogue(
      devices: ["a", "b", "c"].map { name in
        DeviceDefinition(name: name, tags: [TagDefinition(name: "t", type: .integer)])
      })
    let column = DeviceAggregates.Column(minimums: [1, 0], maximums: [9, 0], totals: [12, 0], counts: [3, 0])
    let block = DeviceAggregates(
      device: 1, periodMilliseconds: 60_000, times: [0, 60_000].map(Timestamp.init(milliseconds:)), columns: [column])
    var samples = DeviceColumns(device: 2, tagCount: 1)
    samples.append(DeviceScan(device: 2, time: Timestamp(milliseconds: 5), readings: [.bad(.timeout)]))
    let bytes = try BatchCodec.encode(
      epoch: epoch, number: 1, catalogue: catalogue, devices: [samples], aggregates: [block])
    guard
      case .telemetry(let found, let devices, let aggregates, let losses) = try BatchCodec.decode(bytes[...]).content
    else {
      Issue.record("not telemetry")
      return
    }
    #expect(found.devices.map(\.name) == ["c", "b"])
    #expect(devices.map(\.device) == [0] && aggregates.map(\.device) == [1] && losses.isEmpty)
    #expect(aggregates.first?.columns == [column] && aggregates.first?.times == block.times)
  }

  @Test("A batch of notices without times carries the time it was given")
  func timelessNotices() throws {
    let nothing = Catalogue(devices: [])
    let loss = LossNotice(reason: .damagedStore, lane: .telemetry, numbers: 2...6)
    #expect(throws: CodecError.self) {
      try BatchCodec.encode(epoch: epoch, number: 6, span: 5, catalogue: nothing, devices: [], losses: [loss])
    }
    let time = Timestamp(milliseconds: 77)
    let bytes = try BatchCodec.encode(
      epoch: epoch, number: 6, span: 5, catalogue: nothing, devices: [], losses: [loss], time: time)
    let batch = try BatchCodec.decode(bytes[...])
    #expect(batch.header.firstTime == time && batch.header.lastTime == time && batch.header.recordCount == 0)
    #expect(batch.content == .telemetry(catalogue: nothing, devices: [], aggregates: [], losses: [loss]))
  }

  @Test("A span needs a notice and must not reach below 1")
  func spans() throws {
    var random = RandomTelemetry(seed: 3)
    let catalogue = random.catalogue()
    let devices = random.columns(catalogue, rows: 1)
    let losses = random.losses(1)
    for (number, span, notices) in [(9, 2, []), (3, 4, losses), (3, 0, losses), (1 << 62, 1, losses)]
      as [(UInt64, UInt32, [LossNotice])]
    {
      #expect(throws: CodecError.self) {
        try BatchCodec.encode(
          epoch: epoch, number: number, span: span, catalogue: catalogue, devices: devices, losses: notices)
      }
    }
  }

  @Test("An alarm batch decodes to what was encoded", arguments: seeds)
  func alarmRoundTrip(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let events = random.alarms(Int.random(in: 1...40, using: &random.generator))
    let bytes = try BatchCodec.encode(epoch: epoch, number: seed, alarms: events)
    #expect(try BatchCodec.decode(bytes[...]).content == .alarms(events, losses: []))
  }

  @Test("Batches one behind the other are told apart by their heads")
  func concatenation() throws {
    var random = RandomTelemetry(seed: 5)
    var stream: [UInt8] = []
    for number in 1...4 as ClosedRange<UInt64> {
      stream += try BatchCodec.encode(epoch: epoch, number: number, alarms: random.alarms(3))
    }
    var rest = stream[...]
    for number in 1...4 as ClosedRange<UInt64> {
      let (header, length) = try BatchCodec.readHeader(rest)
      #expect(header.number == number)
      _ = try BatchCodec.decode(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    #expect(rest.isEmpty)
  }

  @Test("A catalogue round-trips and knows when it was damaged")
  func catalogueRoundTrip() throws {
    var random = RandomTelemetry(seed: 11)
    let catalogue = random.catalogue()
    let bytes = CatalogueCodec.encode(catalogue)
    #expect(try CatalogueCodec.decode(bytes) == catalogue)
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 0x10
      #expect(throws: CodecError.self) { try CatalogueCodec.decode(damaged) }
    }
  }

  @Test("Nothing to send is not a batch")
  func emptyIsRefused() {
    #expect(throws: CodecError.self) { try BatchCodec.encode(epoch: epoch, number: 1, alarms: []) }
    #expect(throws: CodecError.self) {
      try BatchCodec.encode(epoch: epoch, number: 1, catalogue: Catalogue(devices: []), devices: [])
    }
  }

  @Test("Only a batch with texts or names of values is of version 2, so that an older central reads the others")
  func versions() throws {
    func version(_ tag: TagDefinition, _ texts: [Int: String] = [:]) throws -> UInt8 {
      let catalogue = Catalogue(devices: [DeviceDefinition(name: "d", tags: [tag])])
      var block = DeviceColumns(device: 0, tagCount: 1)
      let scan = DeviceScan(
        device: 0, time: Timestamp(milliseconds: 1), readings: [Reading(bits: 0, quality: .good)], texts: texts)
      block.append(scan)
      let batch = try BatchCodec.encode(epoch: epoch, number: 1, catalogue: catalogue, devices: [block])
      let frame = FrameCodec.encode([scan], layout: FrameLayout(catalogue), catalogueID: 1)
      #expect(try FrameCodec.decodeTelemetry(frame, catalogue: catalogue).blocks == [block])
      return batch[4]
    }
    let name = ValueName(value: 0, name: "off")
    #expect(try version(TagDefinition(name: "t", type: .integer)) == 1)
    #expect(try version(TagDefinition(name: "t", type: .integer, names: [name])) == 2)
    #expect(try version(TagDefinition(name: "t", type: .text), [0: "idle"]) == 2)
  }
}
