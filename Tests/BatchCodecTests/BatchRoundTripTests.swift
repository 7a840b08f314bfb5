import BatchCodec
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
    #expect(batch.content == .telemetry(catalogue: catalogue, devices: devices))
  }

  @Test("An alarm batch decodes to what was encoded", arguments: seeds)
  func alarmRoundTrip(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let events = random.alarms(Int.random(in: 1...40, using: &random.generator))
    let bytes = try BatchCodec.encode(epoch: epoch, number: seed, alarms: events)
    #expect(try BatchCodec.decode(bytes[...]).content == .alarms(events))
  }

  @Test("Frames decode with their catalogue, and merge into the same rows as one block", arguments: seeds)
  func framesMerge(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    var merged: [DeviceColumns] = catalogue.devices.enumerated().map {
      DeviceColumns(device: $0.offset, tagCount: $0.element.tags.count)
    }
    var expected = merged
    for _ in 0..<5 {
      let devices = random.columns(catalogue, rows: 2)
      let frame = FrameCodec.encode(devices, catalogue: catalogue, catalogueID: 7)
      for block in try FrameCodec.decodeTelemetry(frame, catalogue: catalogue) { merged[block.device].append(block) }
      for block in devices { expected[block.device].append(block) }
    }
    #expect(merged == expected)
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
}
