import BatchCodec
import CentralCore
import SampleTelemetry
import Telemetry
import Testing

/// Of the batches of a request only some are unpacked; what is known of the tags afterwards must be as if all were.
@Suite struct NewestReadingsTests {
  struct Newest: Hashable {
    var time: Timestamp
    var reading: Reading
    var definition: TagDefinition
  }

  /// Device and tag to newest reading, as central's store applies what it is told: later batches over earlier ones.
  func apply(_ batches: [ReceivedBatch]) -> [String: Newest] {
    var newest: [String: Newest] = [:]
    for batch in batches {
      guard case .telemetry(let catalogue, _, _) = batch.summary.content else { continue }
      for news in batch.news {
        let device = catalogue.devices[news.device]
        let key = "\(device.name)/\(device.tags[news.tag].name)"
        guard newest[key].map({ $0.time <= news.time }) ?? true else { continue }
        newest[key] = Newest(time: news.time, reading: news.reading, definition: device.tags[news.tag])
      }
    }
    return newest
  }

  @Test("News of a request add up to the news of its batches alone", arguments: Array(1...100) as [UInt64])
  func addsUp(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    // The second configuration has other tags under some of the same names.
    let catalogues = [random.catalogue(), random.catalogue()]
    var body: [UInt8] = []
    var alone: [ReceivedBatch] = []
    var time: Int64 = 1_000
    for _ in 1...6 {
      let catalogue = catalogues.randomElement(using: &random.generator) ?? catalogues[0]
      var blocks = random.columns(catalogue, rows: Int.random(in: 1...3, using: &random.generator))
      for index in blocks.indices {
        for row in blocks[index].times.indices {
          time += 1
          blocks[index].times[row] = Timestamp(milliseconds: time)
        }
        for tag in blocks[index].columns.indices where Bool.random(using: &random.generator) {
          for row in blocks[index].times.indices {
            blocks[index].columns[tag].bits[row] = 0
            blocks[index].columns[tag].qualities[row] = .absent
          }
        }
      }
      blocks.removeAll { _ in Int.random(in: 0..<4, using: &random.generator) == 0 }
      if blocks.isEmpty { continue }
      let bytes = try BatchCodec.encode(
        epoch: Epoch(high: 0, low: 1), number: UInt64(alone.count + 1), catalogue: catalogue, devices: blocks)
      body += bytes
      alone.append(try ReceivedBatch(bytes))
    }
    guard !alone.isEmpty else { return }
    let read = try SubmissionReader.read(body, gateway: "g", identifier: 1).get()
    #expect(apply(read.batches) == apply(alone))
  }

  @Test("A steady configuration's batches are unpacked once a request")
  func once() throws {
    let key = BatchFactory.key()
    let body = try (1...20 as ClosedRange<UInt64>).flatMap { try BatchFactory.bytes(key, $0) }
    let read = try SubmissionReader.read(body, gateway: "g", identifier: 1).get()
    #expect(read.batches.dropLast().allSatisfy { $0.news.isEmpty } && read.batches.last?.news.count == 1)
  }
}
