import BatchCodec
import GatewayRuntime
import Telemetry

@testable import FleetSimulation

/// A sound run of one gateway with one device: ten scans in two batches, and four alarm events, all at central.
final class HandMadeRun {
  var evidence = Evidence(seed: 7, clocksVary: false)
  let history = History(isTracing: false)
  /// What central has of alarms.
  var events: [AlarmEvent] = []

  let mostSamples = EngineMemory().samples + History.oneScan
  let mostAlarms = EngineMemory().alarmEvents + History.allStates
  private let catalogue = Catalogue(devices: [
    DeviceDefinition(name: "d1", tags: SimulatedFieldDevice.definitions)
  ])

  init() {
    evidence.gateways = [.init(name: "g1", series: "g1", epoch: "e", activeAlarms: [], waiting: nil)]
    history.scans["g1/d1"] = 10
    for scan: Int64 in 1...10 { accept(scan: scan) }
    add(scans: Array(1...5))
    add(scans: Array(6...10))
    events = [
      event("high_1", .raised), event("high_1", .cleared), event("high_2", .raised), event("high_2", .cleared),
    ]
    history.alarms["g1"] = events
  }

  /// What the checker says.
  func judged() -> [Anomaly] {
    evidence.rows.append(
      .init(gateway: "g1", epoch: "e", lane: .alarms, first: 1, last: 1, content: .alarms(events, losses: [])))
    Checker(evidence, history).judge()
    return history.anomalies
  }

  func event(_ alarm: String, _ transition: AlarmEvent.Transition) -> AlarmEvent {
    AlarmEvent(
      time: Timestamp(milliseconds: 1), alarm: alarm, tag: "d1/level", transition: transition, severity: .high,
      value: 90, message: "")
  }

  func accept(scan: Int64) {
    history.accept(
      .init(gateway: "g1", device: "d1", scan: scan),
      .init(time: Timestamp(milliseconds: scan * 1_000), at: .zero, hasBootTime: false))
  }

  func judge(waiting: Int, alarms: Int = 0, used: Int) {
    history.judgeBounds(
      "g1", samplesWaiting: waiting, alarmsWaiting: alarms, memory: EngineMemory(), usedBytes: used,
      capacityBytes: 1_000)
  }

  func notice(_ reason: LossNotice.Reason, _ times: ClosedRange<Int64>, samples: UInt64) -> LossNotice {
    LossNotice(
      reason: reason, lane: .telemetry, firstTime: Timestamp(milliseconds: times.lowerBound),
      lastTime: Timestamp(milliseconds: times.upperBound), samples: samples, devices: ["d1"])
  }

  // MARK: Batches at central

  func add(scans: [Int64] = [], losses: [LossNotice] = []) {
    var columns = DeviceColumns(device: 0, tagCount: 3)
    for scan in scans { columns.append(row(scan)) }
    append(.telemetry(catalogue: catalogue, devices: scans.isEmpty ? [] : [columns], aggregates: [], losses: losses))
  }

  /// A notice from a gateway that keeps values for so long, and when central got it.
  func add(losses: [LossNotice], keep: Duration, received: Int64) {
    add(losses: losses)
    evidence.keep = keep
    evidence.rows[evidence.rows.count - 1].received = Timestamp(milliseconds: received)
  }

  func add(aggregateOf scans: ClosedRange<Int64>) {
    let column = DeviceAggregates.Column(
      minimums: [scans.lowerBound], maximums: [scans.upperBound], totals: [0], counts: [Int64(scans.count)])
    let block = DeviceAggregates(
      device: 0, periodMilliseconds: 60_000, times: [Timestamp(milliseconds: 0)], columns: [column])
    append(.telemetry(catalogue: catalogue, devices: [], aggregates: [block], losses: []))
  }

  /// The newest row again, with bad readings.
  func addBadRow() {
    var columns = DeviceColumns(device: 0, tagCount: 3)
    var bad = row(10)
    bad.readings = Array(repeating: .bad(.timeout), count: 3)
    columns.append(bad)
    append(.telemetry(catalogue: catalogue, devices: [columns], aggregates: [], losses: []))
  }

  func renumber(_ index: Int, _ numbers: ClosedRange<UInt64>) {
    (evidence.rows[index].first, evidence.rows[index].last) = (numbers.lowerBound, numbers.upperBound)
  }

  func forget(scan: Int64) {
    change { columns in
      var kept = DeviceColumns(device: 0, tagCount: 3)
      for index in columns.times.indices where columns.columns[0].bits[index] != scan {
        kept.append(
          DeviceScan(device: 0, time: columns.times[index], readings: columns.columns.map { $0[index] }))
      }
      columns = kept
    }
  }

  /// Another value in a row of the first batch.
  func spoil(row: Int, by bits: Int64) { change(0...0) { $0.columns[1].bits[row] ^= bits } }

  func shift(_ index: Int, by milliseconds: Int64) {
    change(index...index) { $0.times = $0.times.map { $0 + .milliseconds(milliseconds) } }
  }

  private func row(_ scan: Int64) -> DeviceScan {
    DeviceScan(
      device: 0, time: Timestamp(milliseconds: scan * 1_000),
      readings: [
        Reading(.integer(scan)),
        Reading(.integer(SimulatedFieldDevice.value(seed: evidence.seed, key: "g1/d1", scan: scan))),
        Reading(.integer(SimulatedFieldDevice.level(scan))),
      ])
  }

  private func append(_ content: Batch.Content) {
    let number = UInt64(evidence.rows.count) + 1
    evidence.rows.append(
      .init(gateway: "g1", epoch: "e", lane: .telemetry, first: number, last: number, content: content))
  }

  private func change(_ indices: ClosedRange<Int> = 0...1, _ body: (inout DeviceColumns) -> Void) {
    for index in indices {
      guard case .telemetry(let catalogue, var devices, let aggregates, let losses) = evidence.rows[index].content
      else { continue }
      body(&devices[0])
      evidence.rows[index].content = .telemetry(
        catalogue: catalogue, devices: devices, aggregates: aggregates, losses: losses)
    }
  }
}
