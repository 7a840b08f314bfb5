import SampleTelemetry
import Telemetry
import Testing

@testable import BatchCodec

/// A summary must say what the whole batch says, and refuse what decoding refuses: central stores on its word.
@Suite struct BatchSummaryTests {
  static let seeds = Array(1...100) as [UInt64]
  let epoch = Epoch(high: 1, low: 2)

  /// What a summary of a decoded batch has to be.
  func expected(_ batch: Batch) -> BatchSummary {
    switch batch.content {
    case .alarms(let events, let losses):
      return BatchSummary(header: batch.header, content: .alarms(events, losses: losses))
    case .telemetry(let catalogue, let devices, let aggregates, let losses):
      var blocks = devices.map { block in
        BatchSummary.Block(
          device: block.device, firstTime: block.times[0], lastTime: block.times[block.rowCount - 1],
          speaks: block.columns.map { $0.qualities.contains { $0.level != .absent } })
      }
      blocks += aggregates.map {
        BatchSummary.Block(device: $0.device, firstTime: $0.times[0], lastTime: $0.times[$0.rowCount - 1])
      }
      return BatchSummary(
        header: batch.header, content: .telemetry(catalogue: catalogue, blocks: blocks, losses: losses))
    }
  }

  func bytes(_ random: inout RandomTelemetry, _ catalogue: Catalogue, number: UInt64) throws -> [UInt8] {
    let losses = random.losses(Int.random(in: 0...2, using: &random.generator))
    if number % 7 == 0 {
      return try BatchCodec.encode(epoch: epoch, number: number, alarms: random.alarms(3), losses: losses)
    }
    return try BatchCodec.encode(
      epoch: epoch, number: number, catalogue: catalogue,
      devices: random.columns(catalogue, rows: Int.random(in: 1...70, using: &random.generator)),
      aggregates: number % 3 == 0 ? random.aggregates(catalogue) : [], losses: losses)
  }

  @Test("Summaries of batches one behind the other, of two configurations, say what the batches say", arguments: seeds)
  func agrees(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let catalogues = [random.catalogue(), random.catalogue()]
    var reader = BatchSummaryReader()
    for number in 1...8 as ClosedRange<UInt64> {
      let catalogue = catalogues.randomElement(using: &random.generator) ?? catalogues[0]
      let bytes = try bytes(&random, catalogue, number: number)
      #expect(try reader.read(bytes[...]) == expected(BatchCodec.decode(bytes[...])))
    }
  }

  @Test("A summary refuses exactly what decoding refuses, with a right check sum too", arguments: seeds)
  func refuses(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    let bytes = try bytes(&random, catalogue, number: seed)
    var reader = BatchSummaryReader()
    for _ in 0..<60 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...3, using: &random.generator) {
        let place = Int.random(in: 36..<damaged.count - 4, using: &random.generator)
        damaged[place] = UInt8.random(in: 0...255, using: &random.generator)
      }
      let sum = CRC32C.checksum(damaged.dropLast(4))
      damaged.replaceSubrange(
        damaged.count - 4..<damaged.count, with: withUnsafeBytes(of: sum.littleEndian) { Array($0) })
      let decoded = try? BatchCodec.decode(damaged[...])
      let summary = try? reader.read(damaged[...])
      #expect(summary == decoded.map(expected), "seed \(seed)")
    }
  }

  @Test("Sections that are not compressed and damaged inside are refused alike", arguments: seeds)
  func refusesPlain(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    let content = TelemetryBody(
      blocks: random.columns(catalogue, rows: 9), aggregates: seed % 3 == 0 ? random.aggregates(catalogue) : [])
    let plain = content.encoded(catalogue: catalogue, selfContained: true, level: nil)
    let times = try #require(content.times)
    let header = BatchHeader(
      epoch: epoch, lane: .telemetry, number: 1, recordCount: content.recordCount, firstTime: times.lowerBound,
      lastTime: times.upperBound)
    var reader = BatchSummaryReader()
    for _ in 0..<100 {
      var body = plain
      let place = Int.random(in: body.indices, using: &random.generator)
      body[place] = UInt8.random(in: 0...255, using: &random.generator)
      let bytes = try BatchCodec.seal(body, compressed: nil, header)
      let decoded = try? BatchCodec.decode(bytes[...])
      let summary = try? reader.read(bytes[...])
      #expect(summary == decoded.map(expected), "seed \(seed), byte \(place)")
    }
  }
}
