import Telemetry

/// The body of telemetry batches, and of frames as version 1 wrote them: a layout, which says which devices and how many
/// rows each, loss notices, and the columns, all in sections.
///
/// A batch spells its devices and tags out, so that it can be read alone; a frame of version 1 names them by their index in
/// a catalogue that the store keeps once.
struct TelemetryBody {
  /// Blocks with rows.
  var blocks: [DeviceColumns] = []
  var aggregates: [DeviceAggregates] = []
  var losses: [LossNotice] = []

  var isEmpty: Bool { blocks.isEmpty && aggregates.isEmpty && losses.isEmpty }

  var recordCount: Int {
    blocks.reduce(0) { $0 + $1.sampleCount } + aggregates.reduce(0) { $0 + $1.cellCount }
  }

  /// From the earliest to the latest time in it; nil when nothing has a time.
  var times: ClosedRange<Timestamp>? {
    var first: Timestamp?
    var last: Timestamp?
    func take(_ time: Timestamp) {
      first = min(first ?? time, time)
      last = max(last ?? time, time)
    }
    for block in blocks { block.times.forEach(take) }
    for block in aggregates { block.times.forEach(take) }
    for loss in losses {
      if let time = loss.firstTime { take(time) }
      if let time = loss.lastTime { take(time) }
    }
    guard let first, let last else { return nil }
    return first...last
  }

  /// - Parameters:
  ///   - selfContained: as in batches; false only to make frames of version 1 for tests.
  ///   - level: of zstd, for each section; nil compresses nothing.
  func encoded(catalogue: Catalogue, selfContained: Bool, level: Int32?) -> [UInt8] {
    var sections = SectionWriter()
    appendLayout(catalogue, selfContained: selfContained, to: &sections[.layout])
    if !losses.isEmpty { LossCodec.append(losses, to: &sections[.losses]) }
    var columns = ColumnEncoder(sections)
    for block in blocks { columns.append(block, tags: catalogue.devices[block.device].tags) }
    for block in aggregates { columns.append(block, tags: catalogue.devices[block.device].tags) }
    return columns.finish().joined(level: level)
  }

  private func appendLayout(_ catalogue: Catalogue, selfContained: Bool, to writer: inout ByteWriter) {
    // One entry a block of samples, then one for each device that has aggregates only.
    var entries = blocks.map { (device: $0.device, rows: $0.rowCount) }
    var indices: [Int: Int] = [:]
    for (index, entry) in entries.enumerated() where indices[entry.device] == nil { indices[entry.device] = index }
    for block in aggregates where indices[block.device] == nil {
      indices[block.device] = entries.count
      entries.append((block.device, 0))
    }
    writer.append(varint: entries.count)
    for entry in entries {
      if selfContained {
        DefinitionCodec.append(catalogue.devices[entry.device], to: &writer)
      } else {
        writer.append(varint: entry.device)
      }
      writer.append(varint: entry.rows)
    }
    writer.append(varint: aggregates.count)
    for block in aggregates {
      writer.append(varint: indices[block.device] ?? 0)
      writer.append(varint: UInt64(bitPattern: block.periodMilliseconds))
      writer.append(varint: block.rowCount)
    }
  }

  /// With a catalogue: of a frame. Without one: of a batch, whose catalogue is made from the body.
  static func decode(
    _ bytes: [UInt8], catalogue given: Catalogue?
  ) throws(CodecError) -> (catalogue: Catalogue, body: TelemetryBody) {
    var sections = try SectionReader(bytes)
    var memory = DefinitionMemory()
    let layout = try TelemetryLayout(&sections[.layout], catalogue: given, memory: &memory)
    var body = TelemetryBody()
    if sections[.losses].remaining > 0 { body.losses = try LossCodec.read(&sections[.losses]) }
    var decoder = ColumnDecoder(sections)
    for entry in layout.entries where entry.rows > 0 {
      let tags = layout.catalogue.devices[entry.device].tags
      body.blocks.append(try decoder.block(device: entry.device, rows: entry.rows, tags: tags))
    }
    for entry in layout.aggregates {
      let tags = layout.catalogue.devices[entry.device].tags
      body.aggregates.append(
        try decoder.aggregates(device: entry.device, period: entry.period, rows: entry.rows, tags: tags))
    }
    try decoder.finish()
    return (layout.catalogue, body)
  }
}
