public import Telemetry

/// What a batch is about, without its values: all that central's index needs of most batches.
public struct BatchSummary: Hashable, Sendable {
  /// The rows of one device: samples, or what is left of them after thinning.
  public struct Block: Hashable, Sendable {
    /// Index into the catalogue.
    public var device: Int
    /// Of the first and the last row.
    public var firstTime: Timestamp
    public var lastTime: Timestamp
    /// By tag: at least one reading is not absent. Empty for aggregates.
    public var speaks: [Bool]

    public init(device: Int, firstTime: Timestamp, lastTime: Timestamp, speaks: [Bool] = []) {
      self.device = device
      self.firstTime = firstTime
      self.lastTime = lastTime
      self.speaks = speaks
    }
  }

  public enum Content: Hashable, Sendable {
    /// `catalogue` holds the devices that have rows.
    case telemetry(catalogue: Catalogue, blocks: [Block], losses: [LossNotice])
    case alarms([AlarmEvent], losses: [LossNotice])
  }

  public var header: BatchHeader
  public var content: Content

  public init(header: BatchHeader, content: Content) {
    self.header = header
    self.content = content
  }

  /// What it takes in memory, roughly and without definitions, which batches share.
  public var memoryBytes: Int {
    switch content {
    case .telemetry(_, let blocks, let losses):
      blocks.reduce(Self.memoryBytes(losses)) { $0 + MemoryLayout<Block>.stride + $1.speaks.count }
    case .alarms(let events, let losses):
      events.reduce(Self.memoryBytes(losses)) { sum, event in
        sum + MemoryLayout<AlarmEvent>.stride + event.alarm.utf8.count + event.tag.utf8.count
          + event.message.utf8.count + event.who.utf8.count
      }
    }
  }

  private static func memoryBytes(_ losses: [LossNotice]) -> Int {
    losses.reduce(0) { sum, loss in
      loss.devices.reduce(sum + MemoryLayout<LossNotice>.stride) { $0 + MemoryLayout<String>.stride + $1.utf8.count }
    }
  }
}

/// Reads batches one behind the other for their summaries. It refuses exactly the batches that ``BatchCodec/decode(_:)``
/// refuses, in a fraction of the time: lengths, runs and forms are checked, but values are not unpacked.
///
/// Definitions that are spelled as in the batch before are not read again.
public struct BatchSummaryReader: Sendable {
  private var memory = DefinitionMemory()

  public init() {}

  /// What the definitions of all batches read so far take in memory, roughly.
  public var definitionBytes: Int { memory.madeBytes }

  /// Reads exactly one batch, check sum first.
  public mutating func read(_ bytes: ArraySlice<UInt8>) throws(CodecError) -> BatchSummary {
    let (header, body) = try BatchCodec.open(bytes)
    guard header.lane == .telemetry else {
      guard case .alarms(let events, let losses) = try BatchCodec.decodeBody(body, header) else {
        throw CodecError(.malformed, offset: 5, "not the lane of the head")
      }
      return BatchSummary(header: header, content: .alarms(events, losses: losses))
    }
    var sections = try SectionReader(body)
    let layout = try TelemetryLayout(&sections[.layout], catalogue: nil, memory: &memory)
    var totals = BatchTotals()
    var losses: [LossNotice] = []
    if sections[.losses].remaining > 0 { losses = try LossCodec.read(&sections[.losses]) }
    var decoder = ColumnDecoder(sections)
    var blocks: [BatchSummary.Block] = []
    for entry in layout.entries where entry.rows > 0 {
      let tags = layout.catalogue.devices[entry.device].tags
      let (times, speaks) = try decoder.skim(rows: entry.rows, tags: tags)
      totals.add(times, tags: tags.count)
      blocks.append(.init(device: entry.device, firstTime: times[0], lastTime: times[times.count - 1], speaks: speaks))
    }
    for entry in layout.aggregates {
      let tags = layout.catalogue.devices[entry.device].tags
      let block = try decoder.aggregates(device: entry.device, period: entry.period, rows: entry.rows, tags: tags)
      totals.add(block.times, tags: tags.count)
      blocks.append(
        .init(device: entry.device, firstTime: block.times[0], lastTime: block.times[block.rowCount - 1]))
    }
    try decoder.finish()
    for loss in losses { totals.add(loss) }
    try totals.verify(header, hasLosses: !losses.isEmpty)
    return BatchSummary(
      header: header, content: .telemetry(catalogue: layout.catalogue, blocks: blocks, losses: losses))
  }
}

/// What the head of a telemetry batch must say of its body.
struct BatchTotals {
  private var records = 0
  private var times: ClosedRange<Timestamp>?

  mutating func add(_ rows: [Timestamp], tags: Int) {
    records += rows.count * tags
    for time in rows { take(time) }
  }

  mutating func add(_ loss: LossNotice) {
    if let time = loss.firstTime { take(time) }
    if let time = loss.lastTime { take(time) }
  }

  private mutating func take(_ time: Timestamp) {
    guard let known = times else { return times = time...time }
    times = min(known.lowerBound, time)...max(known.upperBound, time)
  }

  func verify(_ header: BatchHeader, hasLosses: Bool) throws(CodecError) {
    guard hasLosses || (records > 0 && header.span == 1) else {
      throw CodecError(.malformed, offset: 32, "no records, or several numbers, without a loss notice")
    }
    let found = times ?? header.firstTime...header.firstTime
    guard records == header.recordCount, found == header.firstTime...header.lastTime else {
      throw CodecError(.malformed, offset: 36, "the head's count or times are not those of the body")
    }
  }
}
