import BatchCodec
public import CentralCore
public import Telemetry

/// Small batches for tests: one row of one tag each, whose value is the batch's number.
public enum BatchFactory {
  public static let catalogue = Catalogue(devices: [
    DeviceDefinition(name: "boiler", tags: [TagDefinition(name: "count", type: .integer)])
  ])

  public static func key(_ gateway: String = "barn", epoch: UInt64 = 1, lane: Lane = .telemetry) -> LaneKey {
    LaneKey(gateway: gateway, epoch: Epoch(high: 0, low: epoch), lane: lane)
  }

  public static func bytes(_ key: LaneKey, _ number: UInt64, value: Int64? = nil) throws -> [UInt8] {
    let time = Timestamp(milliseconds: 1_700_000_000_000 + Int64(number) * 1_000)
    guard key.lane == .telemetry else {
      let event = AlarmEvent(
        time: time, alarm: "hot", tag: "boiler/count", transition: number % 2 == 1 ? .raised : .cleared,
        severity: .high,
        value: Double(number), message: "hot")
      return try BatchCodec.encode(epoch: key.epoch, number: number, alarms: [event])
    }
    var columns = DeviceColumns(device: 0, tagCount: 1)
    columns.append(DeviceScan(device: 0, time: time, readings: [Reading(.integer(value ?? Int64(number)))]))
    return try BatchCodec.encode(epoch: key.epoch, number: number, catalogue: catalogue, devices: [columns])
  }

  public static func batch(_ key: LaneKey, _ number: UInt64, value: Int64? = nil) throws -> ReceivedBatch {
    try ReceivedBatch(bytes(key, number, value: value))
  }

  public static func submission(_ identifier: Int, _ key: LaneKey, _ numbers: ClosedRange<UInt64>) throws -> Submission
  {
    Submission(identifier: identifier, key: key, batches: try numbers.map { try batch(key, $0) })
  }
}
