import AlarmStates
import BatchCodec
import GatewayCore
import GatewayRuntime
import SQLite
import SQLiteCentralStore
import SimulatedDisk
import Telemetry

/// What is there at the end of a run, as plain values: a test of the checker makes them by hand.
struct Evidence {
  /// A batch that central holds.
  struct Row {
    var gateway: String
    var epoch: String
    var lane: Lane
    var first: UInt64
    var last: UInt64
    var content: Batch.Content
    /// By central's clock, which is right; in histories made by hand that are not about it, long after all.
    var received = Timestamp(milliseconds: .max / 2)
  }

  struct Gateway {
    /// As central knows it.
    var name: String
    /// What its devices' values are made from.
    var series: String
    /// The one that its store is in at the end.
    var epoch: String
    var activeAlarms: Set<String>
    /// Those that the rules take for active; nil: as ``activeAlarms``.
    var alarmsOfRules: Set<String>?
    /// What has not arrived although it had an hour; nil: nothing.
    var waiting: String?
    /// What memory had no room for since it was started last.
    var unheld = (samples: 0, alarms: 0)
    /// Where each alarm stands; empty in histories made by hand that are not about it.
    var standings: [String: AlarmStanding] = [:]
  }

  var seed: UInt64
  /// Clocks step or begin in 1970 in this run.
  var clocksVary: Bool
  /// Older than this a value may be dropped; nil: it may not.
  var keep: Duration?
  var gateways: [Gateway] = []
  /// In the order in which they were committed.
  var rows: [Row] = []
  /// What the store's own verification found.
  var problems: [String] = []

  init(seed: UInt64, clocksVary: Bool) {
    self.seed = seed
    self.clocksVary = clocksVary
  }

  init(_ world: SimulatedWorld) {
    self.init(seed: world.scenario.seed, clocksVary: world.scenario.has(.clockStep) || world.scenario.has(.noClock))
    keep = world.scenario.keep
    gateways = world.gateways.map { gateway in
      let state = gateway.engine?.outboxState
      return Gateway(
        name: gateway.name, series: gateway.series, epoch: state?.epoch.description ?? "",
        activeAlarms: gateway.engine?.activeAlarms ?? [], alarmsOfRules: gateway.engine?.alarmsOfRules,
        waiting: gateway.isDrained ? nil : state.map { "\($0)" } ?? "it does not run", unheld: gateway.unheld,
        standings: gateway.engine?.alarmPicture ?? [:])
    }
    do {
      rows = try Self.read(world.central.disk)
      problems = try StoreVerification(directory: "/central", vfs: world.central.disk.vfsName).problems
    } catch {
      problems.append("central's store cannot be read: \(error)")
    }
  }

  static func read(_ disk: SimulatedDisk) throws -> [Row] {
    let connection = try SQLiteConnection(
      path: "/central/\(SQLiteCentralStore.fileName)", mode: .readOnly, vfs: disk.vfsName)
    defer { connection.close() }
    var rows: [Row] = []
    try connection.statement(
      """
      SELECT name, epoch, lane.lane, first_number, number, batches.bytes, received_ms
        FROM batches JOIN lanes lane ON lane.id = batches.lane JOIN gateways ON gateways.id = lane.gateway ORDER BY batches.id
      """
    ).forEachRow { row in
      let batch = try BatchCodec.decode(row.blob(5)[...])
      rows.append(
        Row(
          gateway: row.text(0), epoch: row.text(1), lane: batch.header.lane, first: UInt64(row.int64(3)),
          last: UInt64(row.int64(4)), content: batch.content, received: Timestamp(milliseconds: row.int64(6))))
      return true
    }
    return rows
  }
}
