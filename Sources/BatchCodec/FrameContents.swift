public import Telemetry

/// What a frame holds, as the columns beside it say it, too.
public struct FrameContents: Hashable, Sendable {
  /// 0 in the alarms lane.
  public var catalogueID: Int
  public var samples: Int
  /// Oldest and newest time of scans and notices, or those of the first and last event, whatever lies between; nil when
  /// nothing in it has a time.
  public var first: Timestamp?
  public var last: Timestamp?

  /// - Parameter frame: of telemetry, from which the others come.
  public init(
    of frame: [UInt8], samples: Int, _ rows: ArraySlice<FrameRows.Row>, _ losses: ArraySlice<LossNotice>
  ) throws(CodecError) {
    catalogueID = try FrameCodec.catalogueID(of: frame)
    self.samples = samples
    for row in rows { cover(row.time) }
    for loss in losses {
      cover(loss.firstTime)
      cover(loss.lastTime)
    }
  }

  /// Of a frame of alarms.
  public init(_ events: [AlarmEvent], _ losses: [LossNotice]) {
    catalogueID = 0
    samples = events.count
    (first, last) = (events.first?.time, events.last?.time)
    guard events.isEmpty else { return }
    (first, last) = (losses.compactMap(\.firstTime).min(), losses.compactMap(\.lastTime).max())
    if first == nil || last == nil { (first, last) = (nil, nil) }
  }

  private mutating func cover(_ time: Timestamp?) {
    guard let time else { return }
    first = min(first ?? time, time)
    last = max(last ?? time, time)
  }
}
