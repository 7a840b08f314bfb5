import AlarmStates
import BatchCodec
import CentralCore
import SQLite
public import Telemetry

/// Reads a whole store and names everything that is not as it must be. Changes nothing.
///
/// For each lane: numbers are 1 to the position without a gap or a double, every batch decodes and says the number, lane
/// and epoch under which it is kept, and times of a tag never go back. Alarm states are what the events add up to.
public struct StoreVerification: Sendable {
  public struct LaneReport: Hashable, Sendable {
    public var gateway: String
    public var epoch: Epoch
    public var lane: Lane
    public var position: UInt64
    public var batches = 0
    public var records = 0
  }

  /// One line each; at most ``maximumProblems``.
  public private(set) var problems: [String] = []
  public private(set) var lanes: [LaneReport] = []

  public static let maximumProblems = 1_000

  private var newest: [String: Timestamp] = [:]
  /// By gateway and alarm.
  private var alarmsByBatches: [String: [String: AlarmStanding]] = [:]

  /// - Throws: when the store cannot be read at all.
  public init(directory: String, vfs: String? = nil) throws {
    let reader = try SQLiteCentralReader(directory: directory, vfs: vfs)
    defer { reader.close() }
    try reader.connection.snapshot {
      problems += try reader.connection.findDamage(thorough: true).map { "SQLite: \($0)" }
      try readLanes(reader.connection)
      for index in lanes.indices { try verify(index, reader.connection) }
      try verifyAlarms(reader.connection)
    }
  }

  private mutating func report(_ text: String) {
    if problems.count < Self.maximumProblems { problems.append(text) }
  }

  private mutating func readLanes(_ connection: SQLiteConnection) throws {
    try connection.statement(
      "SELECT name, epoch, lane, position FROM lanes JOIN gateways ON gateways.id = lanes.gateway ORDER BY lanes.id"
    ).forEachRow { row in
      guard let epoch = Epoch(text: row.text(1)), let lane = Lane(rawValue: UInt8(clamping: row.int(2))) else {
        report("\(row.text(0)): a lane with epoch '\(row.text(1))' and number \(row.int(2))")
        return true
      }
      lanes.append(LaneReport(gateway: row.text(0), epoch: epoch, lane: lane, position: UInt64(clamping: row.int64(3))))
      return true
    }
  }

  private mutating func verify(_ index: Int, _ connection: SQLiteConnection) throws {
    var lane = lanes[index]
    let title = "\(lane.gateway) \(lane.lane.name) of epoch \(lane.epoch)"
    newest.removeAll()
    var expected: UInt64 = 1
    let list = try connection.statement(
      """
      SELECT number, records, bytes, first_number FROM batches WHERE lane =
        (SELECT lanes.id FROM lanes JOIN gateways ON gateways.id = lanes.gateway WHERE name = ?1 AND epoch = ?2 AND lane = ?3)
      ORDER BY number
      """)
    try list.bind(1, lane.gateway)
    try list.bind(2, lane.epoch.description)
    try list.bind(3, Int64(lane.lane.rawValue))
    try list.forEachRow { row in
      let number = UInt64(clamping: row.int64(0))
      let first = UInt64(clamping: row.int64(3))
      // A notice that central was restored may cover numbers that a late or a copied request had brought meanwhile.
      if first > expected || (first < expected && (row.int(1) > 0 || number < expected)) {
        report("\(title): batch \(expected) should be next, but \(first) is")
      }
      expected = number + 1
      lane.batches += 1
      do {
        let batch = try BatchCodec.decode(row.blob(2)[...])
        lane.records += batch.header.recordCount
        if batch.header.number != number || batch.header.firstNumber != first || batch.header.lane != lane.lane
          || batch.header.epoch != lane.epoch
        {
          report("\(title): the batch kept as \(number) says it is \(batch.header.lane.name) \(batch.header.number)")
        }
        if batch.header.recordCount != row.int(1) { report("\(title): batch \(number) has another number of records") }
        follow(batch, title)
      } catch {
        report("\(title): batch \(number) cannot be read: \(error)")
      }
      return true
    }
    if expected != lane.position + 1 {
      report("\(title): the position is \(lane.position), but the newest batch is \(expected - 1)")
    }
    lanes[index] = lane
  }

  private mutating func follow(_ batch: Batch, _ title: String) {
    switch batch.content {
    case .telemetry(let catalogue, let blocks, _, _):
      for block in blocks {
        let name = catalogue.devices[block.device].name
        for time in block.times {
          if let before = newest[name], time < before {
            report("\(title): time of \(name) goes back in batch \(batch.header.number)")
          }
          newest[name] = time
        }
      }
    case .alarms: break
    }
  }

  /// In the order in which they were committed, which alarm states follow from: a gateway may have had several epochs.
  private mutating func followAlarms(_ connection: SQLiteConnection) throws {
    var mayRepeat: Set<String> = []
    var epochs: [String: String] = [:]
    try connection.statement(
      """
      SELECT name, epoch, batches.bytes FROM batches JOIN lanes ON lanes.id = batches.lane
        JOIN gateways ON gateways.id = lanes.gateway WHERE lanes.lane = 1 ORDER BY batches.id
      """
    ).forEachRow { row in
      let gateway = row.text(0)
      guard let batch = try? BatchCodec.decode(row.blob(2)[...]), case .alarms(let events, let losses) = batch.content
      else { return true }
      // After a loss in the lane, and in a new epoch, a gateway tells the state of its alarms again.
      if !losses.isEmpty || epochs[gateway] ?? row.text(1) != row.text(1) { mayRepeat.insert(gateway) }
      epochs[gateway] = row.text(1)
      var states = batch.header.beginsAlarmStates(losses: losses) ? [:] : alarmsByBatches[gateway] ?? [:]
      for event in events where event.transition != .written {
        var standing = states[event.alarm] ?? AlarmStanding()
        if event.transition == .raised, standing.isActive, !mayRepeat.contains(gateway) {
          report("\(gateway): \(event.alarm) is raised twice in a row in alarms batch \(batch.header.number)")
        }
        standing.apply(event)
        states[event.alarm] = standing
      }
      alarmsByBatches[gateway] = states
      return true
    }
  }

  private mutating func verifyAlarms(_ connection: SQLiteConnection) throws {
    try followAlarms(connection)
    var kept: [String: [String: AlarmStanding]] = [:]
    try connection.statement(AlarmStateRows.all).forEachRow { row in
      kept[row.text(AlarmStateRows.width), default: [:]][row.text(0)] = AlarmStateRows.standing(row)
      return true
    }
    for (gateway, states) in alarmsByBatches {
      for (alarm, standing) in states where !isSame(kept[gateway]?[alarm] ?? AlarmStanding(), standing) {
        report("alarm \(gateway)/\(alarm): the events say \(standing.state.title), the state says otherwise")
      }
    }
    for (gateway, states) in kept {
      for (alarm, standing) in states where standing.isActive && alarmsByBatches[gateway]?[alarm] == nil {
        report("alarm \(gateway)/\(alarm): the state says active, and no event since the states were told anew does")
      }
    }
  }

  /// Counts and times of what was before an upgrade were not kept.
  private func isSame(_ kept: AlarmStanding, _ told: AlarmStanding) -> Bool {
    kept.state == told.state && kept.underlying == told.underlying && kept.isFirstOut == told.isFirstOut
      && kept.shelf == told.shelf && kept.acknowledgement == told.acknowledgement && kept.comment == told.comment
  }
}
