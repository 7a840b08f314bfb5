import BatchCodec
import FieldgateTestKit
import Foundation
import SQLite
import Telemetry

/// What an outbox holds while its daemon is dead: all that was accepted and is not known to be at central.
struct OutboxSnapshot {
  /// Good values of `scan_count`, by device.
  private(set) var accepted: [String: Set<Site.ScanCount>] = [:]
  private(set) var alarmEvents = 0

  /// Reads a copy, so that recovery of the write-ahead log stays the daemon's affair.
  init(outbox directory: String, copyIn scratch: String) throws {
    try? FileManager.default.removeItem(atPath: scratch)
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    for name in ["outbox.db", "outbox.db-wal"] where FileManager.default.fileExists(atPath: "\(directory)/\(name)") {
      try FileManager.default.copyItem(atPath: "\(directory)/\(name)", toPath: "\(scratch)/\(name)")
    }
    let connection = try SQLiteConnection(path: scratch + "/outbox.db", mode: .readWrite)
    defer { connection.close() }
    guard try connection.userVersion() > 0 else { return }
    var catalogues: [Int: Catalogue] = [:]
    try connection.statement("SELECT id, bytes FROM catalogues").forEachRow { row in
      catalogues[row.int(0)] = try CatalogueCodec.decode(row.blob(1))
      return true
    }
    try connection.statement("SELECT lane, bytes FROM batches ORDER BY id").forEachRow { row in
      switch try BatchCodec.decode(row.blob(1)[...]).content {
      case .telemetry(let catalogue, let blocks, _, _): take(blocks, catalogue)
      case .alarms(let events, _): alarmEvents += events.count
      }
      return true
    }
    try connection.statement("SELECT lane, catalogue, bytes FROM frames").forEachRow { row in
      if row.int(0) == Int(Lane.alarms.rawValue) {
        alarmEvents += try FrameCodec.decodeAlarms(row.blob(2)).events.count
      } else if let catalogue = catalogues[row.int(1)] {
        take(try FrameCodec.decodeTelemetry(row.blob(2), catalogue: catalogue).blocks, catalogue)
      }
      return true
    }
  }

  private mutating func take(_ blocks: [DeviceColumns], _ catalogue: Catalogue) {
    for block in blocks {
      let device = catalogue.devices[block.device]
      guard let column = device.tags.firstIndex(where: { $0.name == "scan_count" }) else { continue }
      for (row, time) in block.times.enumerated() where block.columns[column].qualities[row] == .good {
        accepted[device.name, default: []].insert(
          Site.ScanCount(time: time.iso8601, count: Int(block.columns[column].bits[row])))
      }
    }
  }
}
