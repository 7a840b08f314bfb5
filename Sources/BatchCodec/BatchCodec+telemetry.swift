public import Telemetry

extension BatchCodec {
  /// Encodes a telemetry batch. Blocks without rows are left out.
  ///
  /// - Parameters:
  ///   - number: 1 to 2^62 - 1.
  ///   - span: how many consecutive numbers up to `number` it stands for; more than 1 needs a loss notice.
  ///   - time: the head's times when nothing in the batch has a time, which only loss notices can lack.
  /// - Throws: when the content is outside ``BatchLimits``, or there is none.
  public static func encode(
    epoch: Epoch, number: UInt64, span: UInt32 = 1, catalogue: Catalogue, devices: [DeviceColumns],
    aggregates: [DeviceAggregates] = [], losses: [LossNotice] = [], time: Timestamp? = nil
  ) throws(CodecError) -> [UInt8] {
    let content = TelemetryBody(
      blocks: devices.filter { $0.rowCount > 0 }, aggregates: aggregates.filter { $0.rowCount > 0 }, losses: losses)
    guard span == 1 || !losses.isEmpty, !content.isEmpty else {
      throw CodecError(.limitExceeded, offset: 0, "no rows and no loss notice, or a span without a notice")
    }
    guard content.aggregates.allSatisfy({ $0.periodMilliseconds > 0 }) else {
      throw CodecError(.limitExceeded, offset: 0, "aggregates over a period of no length")
    }
    guard losses.count <= BatchLimits.maximumLosses, content.aggregates.count <= BatchLimits.maximumAggregateBlocks
    else {
      throw CodecError(.limitExceeded, offset: 0, "\(losses.count) loss notices, or as many aggregates")
    }
    let times = content.times ?? time.map { $0...$0 }
    guard let times else { throw CodecError(.limitExceeded, offset: 0, "nothing in the batch has a time") }
    let header = BatchHeader(
      epoch: epoch, lane: .telemetry, number: number, span: span, recordCount: content.recordCount,
      firstTime: times.lowerBound, lastTime: times.upperBound)
    let body = content.encoded(catalogue: catalogue, selfContained: true, level: compressionLevel)
    let used = Set(content.blocks.map(\.device) + content.aggregates.map(\.device))
    let isNew = used.contains { DefinitionCodec.needsVersion2(catalogue.devices[$0]) }
    return try seal(body, compressed: nil, version: isNew ? 2 : 1, header)
  }
}
