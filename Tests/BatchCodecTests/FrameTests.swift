import SampleTelemetry
import Telemetry
import Testing

@testable import BatchCodec

@Suite struct FrameTests {
  static let seeds = Array(1...200) as [UInt64]

  /// The scans of one device, as columns.
  func blocks(_ scans: [DeviceScan], _ catalogue: Catalogue) -> [DeviceColumns] {
    catalogue.devices.indices.map { device in
      var block = DeviceColumns(device: device, tagCount: catalogue.devices[device].tags.count)
      for scan in scans where scan.device == device { block.append(scan) }
      return block
    }.filter { $0.rowCount > 0 }
  }

  @Test(
    "Frames decode with their catalogue, one behind the other, to the rows and notices that went in", arguments: seeds)
  func roundTrip(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    let layout = FrameLayout(catalogue)
    var rows = FrameRows(layout)
    var scans: [DeviceScan] = []
    var losses: [LossNotice] = []
    for _ in 0..<4 {
      let added = random.scans(catalogue, rows: Int.random(in: 0...40, using: &random.generator))
      let notices = random.losses(Int.random(in: 0...2, using: &random.generator))
      let frame = FrameCodec.encode(added, losses: notices, layout: layout, catalogueID: 7)
      let alone = try FrameCodec.decodeTelemetry(frame, catalogue: catalogue)
      #expect(alone.blocks == blocks(added, catalogue) && alone.losses == notices)
      try rows.append(frame)
      scans += added
      losses += notices
    }
    #expect(rows.columns() == blocks(scans, catalogue) && rows.losses == losses)
  }

  @Test("Large frames are compressed, and decode all the same")
  func compressed() throws {
    var random = RandomTelemetry(seed: 3)
    let catalogue = random.catalogue()
    let scans = random.scans(catalogue, rows: 2_000)
    let frame = FrameCodec.encode(scans, layout: FrameLayout(catalogue), catalogueID: 1)
    #expect(frame[3] == BatchCodec.compressedFlag)
    #expect(try FrameCodec.decodeTelemetry(frame, catalogue: catalogue).blocks == blocks(scans, catalogue))
  }

  @Test("A frame may hold notices only")
  func noticesOnly() throws {
    var random = RandomTelemetry(seed: 8)
    let losses = random.losses(3)
    let catalogue = random.catalogue()
    let frame = FrameCodec.encode([], losses: losses, layout: FrameLayout(catalogue), catalogueID: 1)
    let content = try FrameCodec.decodeTelemetry(frame, catalogue: catalogue)
    #expect(content.blocks.isEmpty && content.losses == losses)
  }

  @Test("Frames of version 1 are still read", arguments: Array(1...50) as [UInt64])
  func version1(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    let scans = random.scans(catalogue, rows: 3)
    let losses = random.losses(1)
    let body = TelemetryBody(blocks: blocks(scans, catalogue), losses: losses).encoded(
      catalogue: catalogue, selfContained: false, level: 1)
    let frame = FrameCodec.seal(body, compressed: nil, lane: .telemetry, catalogueID: 1, version: 1)
    let content = try FrameCodec.decodeTelemetry(frame, catalogue: catalogue)
    #expect(content.blocks == blocks(scans, catalogue) && content.losses == losses)
  }

  @Test("Every truncation and every flipped bit is an error, and adds nothing", arguments: [1, 2, 3] as [UInt64])
  func damage(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    let layout = FrameLayout(catalogue)
    let frame = FrameCodec.encode(
      random.scans(catalogue, rows: 3), losses: random.losses(1), layout: layout, catalogueID: 1)
    var rows = FrameRows(layout)
    try rows.append(frame)
    let before = rows.columns()
    for length in frame.indices {
      #expect(throws: CodecError.self) { try rows.append(Array(frame[..<length])) }
    }
    for position in 0..<frame.count * 8 {
      var damaged = frame
      damaged[position / 8] ^= 1 << (position % 8)
      #expect(throws: CodecError.self, "bit \(position)") { try rows.append(damaged) }
    }
    #expect(rows.columns() == before)
  }

  @Test("Garbage with a right check sum never crashes the decoder, and adds all of it or nothing", arguments: seeds)
  func resealedGarbage(seed: UInt64) throws {
    var random = RandomTelemetry(seed: seed)
    let catalogue = random.catalogue()
    let layout = FrameLayout(catalogue)
    var writer = FrameRowWriter(layout)
    let original = writer.body(random.scans(catalogue, rows: 4)) + [0]
    for _ in 0..<20 {
      var body = original
      for _ in 0..<Int.random(in: 1...4, using: &random.generator) {
        body[Int.random(in: body.indices, using: &random.generator)] = UInt8.random(
          in: 0...255, using: &random.generator)
      }
      var rows = FrameRows(layout)
      let taken = (try? rows.append(FrameCodec.seal(body, compressed: nil, lane: .telemetry, catalogueID: 1))) != nil
      #expect(rows.bits.count == rows.qualities.count && (taken || rows.rows.isEmpty))
      #expect(rows.columns().reduce(0) { $0 + $1.sampleCount } == rows.bits.count)
    }
  }

  @Test("A count of rows without bytes behind it is refused before memory is taken")
  func absurdCount() {
    var writer = ByteWriter()
    writer.append(varint: 1 << 20)
    let frame = FrameCodec.seal(writer.bytes, compressed: nil, lane: .telemetry, catalogueID: 1)
    #expect(throws: CodecError.self) { try FrameCodec.decodeTelemetry(frame, catalogue: Catalogue(devices: [])) }
  }
}
