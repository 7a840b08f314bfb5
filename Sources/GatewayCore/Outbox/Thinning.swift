public import BatchCodec
import Telemetry

/// Makes a batch smaller without losing what happened: samples become one aggregate a tag and period. Pure.
public enum Thinning {
  /// What one aggregate stands for, unless another period is asked for.
  public static let usualPeriod = Duration.seconds(60)

  /// The content of `batch` with its samples as aggregates per whole period of wall time: each period begins at a multiple
  /// of `period` since 1970. Aggregates and loss notices that are there already stay as they are; batches of alarms come
  /// back unchanged. To be encoded again under the same epoch, number and span.
  ///
  /// Periods without a scan have no row; a tag without a value in a period has the count 0 there. Reasons why readings
  /// were bad do not survive.
  ///
  /// - Parameter period: 1 ms or more.
  public static func thin(_ batch: Batch, period: Duration = usualPeriod) -> Batch.Content {
    guard case .telemetry(let catalogue, let devices, let aggregates, let losses) = batch.content else {
      return batch.content
    }
    let milliseconds = max(1, period.wholeMilliseconds)
    let thinned = devices.map { aggregate($0, catalogue.devices[$0.device].tags, period: milliseconds) }
    return .telemetry(catalogue: catalogue, devices: [], aggregates: aggregates + thinned, losses: losses)
  }

  /// The bytes of a thinned telemetry batch.
  ///
  /// - Throws: ``CodecError`` when it does not fit the limits of a batch, or the batch is one of alarms.
  public static func encode(_ batch: Batch, period: Duration = usualPeriod) throws(CodecError) -> [UInt8] {
    guard case .telemetry(let catalogue, let devices, let aggregates, let losses) = thin(batch, period: period) else {
      throw CodecError(.malformed, offset: 5, "batches of alarms are not thinned")
    }
    let header = batch.header
    return try BatchCodec.encode(
      epoch: header.epoch, number: header.number, span: header.span, catalogue: catalogue, devices: devices,
      aggregates: aggregates, losses: losses, time: header.firstTime)
  }

  private static func aggregate(_ block: DeviceColumns, _ tags: [TagDefinition], period: Int64) -> DeviceAggregates {
    let rows = periods(block.times, period)
    let columns = zip(block.columns, tags).map { column, tag in
      var result = DeviceAggregates.Column()
      for row in rows {
        var sum = TagAggregate(type: tag.type)
        for index in row.indices where column.qualities[index].hasValue { sum.add(column.bits[index]) }
        // Only the texts that are left go along.
        if sum.count > 0, let text = column.texts[sum.maximum], tag.type == .text {
          sum.keepOnly(result.texts.index(of: text))
        }
        result.minimums.append(sum.minimum)
        result.maximums.append(sum.maximum)
        result.totals.append(sum.total)
        result.counts.append(sum.count)
      }
      return result
    }
    return DeviceAggregates(
      device: block.device, periodMilliseconds: period, times: rows.map(\.start), columns: columns)
  }

  /// Which rows belong to which period, in ascending order of periods. A clock that was set back may have put rows of one
  /// period in two places.
  private static func periods(_ times: [Timestamp], _ period: Int64) -> [(start: Timestamp, indices: [Int])] {
    var found: [Timestamp: [Int]] = [:]
    for (index, time) in times.enumerated() {
      let rest = time.milliseconds % period
      let (start, overflow) = time.milliseconds.subtractingReportingOverflow(rest < 0 ? rest + period : rest)
      found[Timestamp(milliseconds: overflow ? .min : start), default: []].append(index)
    }
    return found.keys.sorted().map { ($0, found[$0] ?? []) }
  }
}
