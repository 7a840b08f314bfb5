import SampleTelemetry
import Telemetry
import Testing

@testable import BatchCodec

@Suite struct BatchDamageTests {
  let epoch = Epoch(high: 1, low: 2)

  func sample(seed: UInt64, rows: Int = 9) throws -> [UInt8] {
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    return try BatchCodec.encode(
      epoch: epoch, number: 3, span: 2, catalogue: catalogue, devices: random.columns(catalogue, rows: rows),
      aggregates: random.aggregates(catalogue), losses: random.losses(2))
  }

  @Test("Every truncation is an error", arguments: [1, 2, 3] as [UInt64])
  func truncation(seed: UInt64) throws {
    let bytes = try sample(seed: seed)
    for length in bytes.indices {
      #expect(throws: CodecError.self) { try BatchCodec.decode(bytes[..<length]) }
    }
  }

  @Test("Every flipped bit in the head, and two thousand anywhere, are errors", arguments: [4, 5] as [UInt64])
  func bitFlips(seed: UInt64) throws {
    let bytes = try sample(seed: seed)
    var generator = SeededGenerator(seed: seed)
    var positions = Array(0..<BatchCodec.headBytes * 8)
    for _ in 0..<2_000 { positions.append(Int.random(in: 0..<bytes.count * 8, using: &generator)) }
    for position in positions {
      var damaged = bytes
      damaged[position / 8] ^= 1 << (position % 8)
      #expect(throws: CodecError.self, "bit \(position) of seed \(seed)") { try BatchCodec.decode(damaged[...]) }
    }
  }

  @Test("Garbage with a right check sum never crashes the decoder", arguments: Array(1...1_000) as [UInt64])
  func resealedGarbage(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    var body = TelemetryBody(
      blocks: random.columns(catalogue, rows: 4), aggregates: seed % 3 == 0 ? random.aggregates(catalogue) : [],
      losses: seed % 5 == 0 ? random.losses(2) : []
    ).encoded(catalogue: catalogue, selfContained: seed % 2 == 0, level: seed % 7 == 0 ? 1 : nil)
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      body[Int.random(in: body.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
    }
    // Decoding must end with a value or a CodecError; a trap would end the test process.
    let decoded = try? TelemetryBody.decode(body, catalogue: seed % 2 == 0 ? nil : catalogue)
    for block in decoded?.body.blocks ?? [] {
      #expect(block.columns.allSatisfy { $0.bits.count == block.rowCount && $0.qualities.count == block.rowCount })
    }
    for block in decoded?.body.aggregates ?? [] {
      #expect(block.columns.allSatisfy { $0.counts.count == block.rowCount && $0.totals.count == block.rowCount })
    }
    _ = try? AlarmBody.decode(body)
  }

  @Test("Counts without bytes behind them are refused")
  func absurdCounts() {
    for rows in [1 << 20, 1 << 21] {
      var sections = SectionWriter()
      sections[.layout].append(varint: 1)
      DefinitionCodec.append(
        DeviceDefinition(name: "d", tags: [TagDefinition(name: "t", type: .integer)]), to: &sections[.layout])
      sections[.layout].append(varint: rows)
      sections[.layout].append(varint: 0)
      let bytes = sections.joined(level: 1)
      #expect(throws: CodecError.self) { try TelemetryBody.decode(bytes, catalogue: nil) }
    }
    var alarms = ByteWriter()
    alarms.append(varint: 1 << 20)
    #expect(throws: CodecError.self) { try AlarmBody.decode(alarms.bytes) }
  }

  @Test("Sections that together exceed a body, are empty, unknown or followed by something are refused")
  func sectionLimits() throws {
    let zeros = try #require(Compression.compress([UInt8](repeating: 0, count: 9 << 20), level: 3))
    func body(_ sections: Int, present: Int, behind: [UInt8] = []) -> [UInt8] {
      var writer = ByteWriter()
      writer.append(varint: present)
      for _ in 0..<sections {
        writer.append(varint: zeros.count << 1 | 1)
        writer.append(varint: 9 << 20)
        writer.append(zeros)
      }
      writer.append(behind)
      return writer.bytes
    }
    _ = try SectionReader(body(1, present: 1))
    #expect(throws: CodecError.self) { try SectionReader(body(2, present: 3)) }
    #expect(throws: CodecError.self) { try SectionReader(body(1, present: 1 << 19)) }
    #expect(throws: CodecError.self) { try SectionReader(body(1, present: 1, behind: [0])) }
    #expect(throws: CodecError.self) { try SectionReader([1, 0]) }
  }

  @Test("Loss notices: every truncation and every flipped bit ends with notices or an error")
  func damagedNotices() {
    var random = RandomTelemetry(seed: 6)
    var writer = ByteWriter()
    LossCodec.append(random.losses(3), to: &writer)
    for length in writer.bytes.indices {
      var reader = ByteReader(Array(writer.bytes[..<length]))
      #expect(throws: CodecError.self) { try LossCodec.read(&reader) }
    }
    for position in 0..<writer.bytes.count * 8 {
      var damaged = writer.bytes
      damaged[position / 8] ^= 1 << (position % 8)
      var reader = ByteReader(damaged)
      _ = try? LossCodec.read(&reader)
    }
    var absurd = ByteReader([0x80, 0x20])
    #expect(throws: CodecError.self) { try LossCodec.read(&absurd) }
  }

  @Test("A compressed body that announces another size is refused")
  func compressionBomb() throws {
    let compressed = try #require(Compression.compress([UInt8](repeating: 0, count: 1 << 20), level: 3))
    #expect(throws: CodecError.self) { try Compression.decompress(compressed[...], length: 4_096) }
    #expect(try Compression.decompress(compressed[...], length: 1 << 20).count == 1 << 20)
  }

  @Test("CRC-32C gives the check value of its definition")
  func checkValue() {
    #expect(CRC32C.checksum(Array("123456789".utf8)[...]) == 0xe306_9283)
    let bytes = Array("xx123456789".utf8)
    #expect(CRC32C.checksum(bytes[2...]) == 0xe306_9283)
  }

  @Test("Floats keep their bits through the sortable mapping", arguments: [0, 0x8000_0000, 0x7fc0_0001, 0xffff_ffff])
  func sortableFloats(pattern: UInt32) {
    #expect(SortableFloat.pattern(SortableFloat.order(pattern)) == pattern)
  }
}
