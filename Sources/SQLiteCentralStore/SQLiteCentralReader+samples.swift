import BatchCodec
public import CentralCore
import SQLite
import Telemetry

/// Samples and losses.
extension SQLiteCentralReader {
  static func collect(
    _ batch: Batch, _ device: String, _ tag: String, _ range: Range<Timestamp>, limit: Int,
    into samples: inout [Sample]
  ) {
    guard case .telemetry(let catalogue, let blocks, let aggregates, _) = batch.content else { return }
    func column(_ index: Int) -> (Int, TagDefinition)? {
      guard catalogue.devices[index].name == device else { return nil }
      let tags = catalogue.devices[index].tags
      return tags.firstIndex { $0.name == tag }.map { ($0, tags[$0]) }
    }
    for block in aggregates {
      guard let (index, definition) = column(block.device) else { continue }
      for (row, time) in block.times.enumerated() where range.contains(time) && samples.count < limit {
        if let sample = sample(block, row, index, time, definition) { samples.append(sample) }
      }
    }
    for block in blocks {
      guard let (index, definition) = column(block.device) else { continue }
      for (row, time) in block.times.enumerated() where range.contains(time) && samples.count < limit {
        let reading = block.columns[index][row]
        guard reading.quality.level != .absent else { continue }
        let text = definition.type == .text ? block.columns[index].text(row) : nil
        samples.append(Sample(time: time, reading: reading, definition: definition, text: text))
      }
    }
  }

  private static func sample(
    _ block: DeviceAggregates, _ row: Int, _ index: Int, _ time: Timestamp, _ tag: TagDefinition
  ) -> Sample? {
    let column = block.columns[index]
    if let text = column.lastText(row: row) {
      let aggregate = Sample.Aggregate(
        periodMilliseconds: block.periodMilliseconds, count: column.counts[row], minimum: 0, maximum: 0, mean: 0)
      return Sample(time: time, reading: .absent, definition: tag, aggregate: aggregate, text: text)
    }
    guard column.counts[row] > 0, let mean = column.mean(row: row, type: tag.type) else { return nil }
    func scaled(_ bits: Int64) -> Double { tag.scaling.apply(Value(type: tag.type, bits: bits)) }
    // A negative multiplier turns the least raw value into the greatest.
    let ends = [scaled(column.minimums[row]), scaled(column.maximums[row])]
    let aggregate = Sample.Aggregate(
      periodMilliseconds: block.periodMilliseconds, count: column.counts[row], minimum: min(ends[0], ends[1]),
      maximum: max(ends[0], ends[1]), mean: tag.scaling.apply(.float64(mean)))
    return Sample(time: time, reading: .absent, definition: tag, aggregate: aggregate)
  }

  public func losses(gateway: String?, limit: Int) throws(CentralStoreError) -> [StoredLoss] {
    try read {
      let list = try connection.statement(
        """
        SELECT gateways.name, received_ms, reason, lane, epoch, first_number, last_number, losses.first_ms, losses.last_ms,
          samples, devices, more_devices, detail
        FROM losses JOIN gateways ON gateways.id = losses.gateway
        WHERE ?1 IS NULL OR gateways.name = ?1 ORDER BY losses.id DESC LIMIT ?2
        """)
      if let gateway { try list.bind(1, gateway) }
      try list.bind(2, limit)
      var found: [StoredLoss] = []
      try list.forEachRow { row in
        func time(_ column: Int) -> Timestamp? {
          row.isNull(column) ? nil : Timestamp(milliseconds: row.int64(column))
        }
        let numbers =
          row.isNull(5) ? nil : UInt64(clamping: row.int64(5))...UInt64(clamping: max(row.int64(5), row.int64(6)))
        let notice = LossNotice(
          reason: LossNotice.Reason(rawValue: UInt8(clamping: row.int(2))) ?? .outboxFull,
          lane: Lane(rawValue: UInt8(clamping: row.int(3))) ?? .telemetry, epoch: Epoch(text: row.text(4)),
          numbers: numbers, firstTime: time(7), lastTime: time(8),
          samples: row.isNull(9) ? nil : UInt64(clamping: row.int64(9)),
          devices: row.text(10).split(separator: "\n").map(String.init), moreDevices: row.int(11), detail: row.text(12))
        found.append(
          StoredLoss(gateway: row.text(0), received: Timestamp(milliseconds: row.int64(1)), notice: notice))
        return true
      }
      return found
    }
  }
}
