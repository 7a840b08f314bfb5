public import Telemetry

/// The rows of frames, one behind the other, as cutting gathers them. Each frame is decoded once.
public struct FrameRows: Sendable {
  public struct Row: Hashable, Sendable {
    /// Index into the catalogue.
    public var device: Int
    public var time: Timestamp
    /// Where its readings begin in ``FrameRows/bits`` and ``FrameRows/qualities``.
    public var start: Int
  }

  public let layout: FrameLayout
  public var rows: [Row] = []
  public internal(set) var bits: [Int64] = []
  /// The texts of all rows; the bits of a text reading are the index of its text.
  var texts = TextTable()
  public var qualities: [Quality] = []
  public private(set) var losses: [LossNotice] = []

  public init(_ layout: FrameLayout) { self.layout = layout }

  /// Decodes a telemetry frame and adds what it holds.
  ///
  /// - Throws: when the frame is damaged; then nothing was added.
  public mutating func append(_ frame: [UInt8]) throws(CodecError) {
    let (rowCount, readings, lossCount) = (rows.count, bits.count, losses.count)
    do {
      try read(frame)
    } catch {
      rows.removeSubrange(rowCount...)
      bits.removeSubrange(readings...)
      qualities.removeSubrange(readings...)
      losses.removeSubrange(lossCount...)
      throw error
    }
  }

  private mutating func read(_ frame: [UInt8]) throws(CodecError) {
    let (version, body) = try FrameCodec.open(frame, lane: .telemetry)
    guard version != FrameCodec.columnVersion else { return try readColumns(body) }
    var reader = ByteReader(body)
    var rows = FrameRowReader(layout)
    let first = self.rows.count
    try rows.read(&reader, into: &self)
    if layout.hasTexts { try rows.readTexts(&reader, from: first, into: &self) }
    losses += try LossCodec.read(&reader)
    try reader.expectEnd("the body")
  }

  /// Frames of version 1, which an outbox of an earlier program may still hold, are columns.
  private mutating func readColumns(_ bytes: [UInt8]) throws(CodecError) {
    let body = try TelemetryBody.decode(bytes, catalogue: layout.catalogue).body
    guard body.aggregates.isEmpty else { throw CodecError(.malformed, offset: 6, "a frame with aggregates") }
    for block in body.blocks {
      for (row, time) in block.times.enumerated() {
        rows.append(Row(device: block.device, time: time, start: bits.count))
        for column in block.columns {
          bits.append(column.text(row).map { texts.index(of: $0) } ?? column.bits[row])
          qualities.append(column.qualities[row])
        }
      }
    }
    losses += body.losses
  }

  /// Turned by 90 degrees: a block for each device that has rows, in the order of the catalogue; rows stay in their order.
  public func columns() -> [DeviceColumns] {
    var places: [[Int]] = Array(repeating: [], count: layout.kinds.count)
    for (index, row) in rows.enumerated() { places[row.device].append(index) }
    var blocks: [DeviceColumns] = []
    for (device, indices) in places.enumerated() where !indices.isEmpty {
      var block = DeviceColumns(device: device, tagCount: layout.range(device).count)
      block.times = indices.map { rows[$0].time }
      let starts = indices.map { rows[$0].start }
      for tag in block.columns.indices {
        block.columns[tag] = DeviceColumns.Column(
          bits: starts.map { bits[$0 + tag] }, qualities: starts.map { qualities[$0 + tag] })
        if layout.types[layout.starts[device] + tag] == .text { giveTexts(to: &block.columns[tag]) }
      }
      blocks.append(block)
    }
    return blocks
  }

  /// A column has a table of its own, in the order in which its texts came.
  private func giveTexts(to column: inout DeviceColumns.Column) {
    for row in column.bits.indices where column.qualities[row].hasValue {
      column.bits[row] = column.texts.index(of: texts[column.bits[row]] ?? "")
    }
  }
}
