public import Telemetry

/// What a frame says of itself, with its check sum, that a table has in columns beside it.
public struct FrameHead: Sendable {
  public var lane: Lane
  public var contents: FrameContents

  /// Decodes the whole frame.
  ///
  /// - Parameter layout: of a catalogue's number; nil when it is not known.
  /// - Throws: when the frame is damaged, or its catalogue is not known.
  public init(of frame: [UInt8], layout: (Int) -> FrameLayout?) throws(CodecError) {
    guard frame.count > 6, let lane = Lane(rawValue: frame[2]) else {
      throw CodecError(.malformed, offset: 2, "no head of a frame")
    }
    self.lane = lane
    switch lane {
    case .alarms:
      let (events, losses) = try FrameCodec.decodeAlarms(frame)
      contents = FrameContents(events, losses)
    case .telemetry:
      let catalogueID = try FrameCodec.catalogueID(of: frame)
      guard let layout = layout(catalogueID) else {
        throw CodecError(.malformed, offset: 4, "catalogue \(catalogueID) is not known")
      }
      var rows = FrameRows(layout)
      try rows.append(frame)
      contents = try FrameContents(of: frame, samples: rows.bits.count, rows.rows[...], rows.losses[...])
    }
  }
}
