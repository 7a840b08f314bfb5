public import CentralCore
import SQLiteCentralStore
import SQLiteIdentityStore
import Telemetry

/// Gateways with what both stores know of them.
public enum FleetReport {
  /// - Parameter data: central's data directory; without a store of samples in it nobody was ever seen.
  public static func members(
    _ records: [GatewayRecord], data: String
  ) -> [FleetMember] {
    let reader = try? SQLiteCentralReader(directory: data)
    defer { reader?.close() }
    return records.map { member($0, reader) }
  }

  static func member(_ record: GatewayRecord, _ queries: (any CentralQueries)?) -> FleetMember {
    let known = try? queries?.epochSpans(gateway: record.name)
    return FleetMember(record: record, lastSeen: known?.lastSeen, copies: StoreCopies.find(known?.spans ?? []))
  }
}
