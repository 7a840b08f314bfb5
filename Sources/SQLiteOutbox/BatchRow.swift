import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// What a row of `batches` says beside the batch, which says it with a check sum.
enum BatchRow {
  /// A thinned batch has the starts of its minutes, its row the times of the samples that were in it.
  private static let minute = Duration.seconds(60)

  /// The first row whose numbers or times are not those of its batch: a flipped bit in them would have a batch dropped for an
  /// age that it does not have, or a notice name a time in which nothing was lost. A damaged batch is left to sending, which
  /// names it.
  ///
  /// - Returns: the batch's number.
  static func firstDisagreement(_ connection: SQLiteConnection) throws -> UInt64? {
    let heads = SQLiteBlobs(connection, table: "batches", column: "bytes")
    var found: UInt64?
    let list = try connection.statement("SELECT id, lane, first_number, number, first_ms, last_ms FROM batches")
    try list.forEachRow {
      // Most of a batch is not needed, and was read once already.
      let id = $0.int64(0)
      guard let header = try? BatchCodec.readHeader(alone: try heads.prefix(of: id, BatchCodec.headBytes)) else {
        return true
      }
      let agrees =
        $0.int(1) == Int(header.lane.rawValue) && $0.int64(2) == Int64(header.firstNumber)
        && $0.int64(3) == Int64(header.number)
        && follows(Timestamp(milliseconds: $0.int64(4)), header.firstTime)
        && follows(Timestamp(milliseconds: $0.int64(5)), header.lastTime)
      // What is wrong may be the head, too.
      guard !agrees, BatchCodec.hasValidChecksum(try heads.all(of: id)[...]) else { return true }
      found = header.number
      return false
    }
    return found
  }

  /// Whether a time is another one, or up to a minute later; without an overflow, because either may be one that a disk made.
  private static func follows(_ time: Timestamp, _ other: Timestamp) -> Bool {
    let (difference, overflows) = time.milliseconds.subtractingReportingOverflow(other.milliseconds)
    return !overflows && (0...minute.wholeMilliseconds).contains(difference)
  }

  /// The times of what a row stands for: those of the batch, up to the row's end where it was thinned. Of a damaged one the
  /// row's own, if they can be true; nil: nobody knows.
  ///
  /// - Parameters:
  ///   - header: of the batch; nil: it is damaged.
  ///   - newest: the newest time in any batch of the lane.
  static func times(
    _ header: BatchHeader?, begin: Timestamp, end: Timestamp, newest: Timestamp
  ) -> ClosedRange<Timestamp>? {
    if let header { return header.firstTime...(follows(end, header.lastTime) ? end : header.lastTime) }
    return begin <= end && (end <= newest || follows(end, newest)) ? begin...end : nil
  }
}
