import ArgumentParser
import BatchCodec
import SQLite
import Telemetry

/// What the outbox of a dead daemon holds, for `Scripts/prove`: all of it was accepted and must reach central.
struct Accepted: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accepted",
    abstract: "List the good scan counts in a copy of an outbox, as lines DEVICE,COUNT.",
    discussion: "Give it a copy: reading recovers the write-ahead log, which is the daemon's affair.",
    shouldDisplay: false)

  @Argument(help: "Directory with the copy of outbox.db and outbox.db-wal.") var directory: String

  func run() throws {
    let connection = try SQLiteConnection(path: directory + "/outbox.db", mode: .readWrite)
    defer { connection.close() }
    // Killed before its first commit, a daemon leaves an empty file.
    guard try connection.userVersion() > 0 else { return }
    var catalogues: [Int: Catalogue] = [:]
    try connection.statement("SELECT id, bytes FROM catalogues").forEachRow { row in
      catalogues[row.int(0)] = try CatalogueCodec.decode(row.blob(1))
      return true
    }
    try connection.statement("SELECT bytes FROM batches ORDER BY id").forEachRow { row in
      if case .telemetry(let catalogue, let blocks, _, _) = try BatchCodec.decode(row.blob(0)[...]).content {
        list(blocks, catalogue)
      }
      return true
    }
    let frames = "SELECT catalogue, bytes FROM frames WHERE lane = \(Lane.telemetry.rawValue)"
    try connection.statement(frames).forEachRow { row in
      guard let catalogue = catalogues[row.int(0)] else { return true }
      list(try FrameCodec.decodeTelemetry(row.blob(1), catalogue: catalogue).blocks, catalogue)
      return true
    }
  }

  private func list(_ blocks: [DeviceColumns], _ catalogue: Catalogue) {
    for block in blocks {
      let device = catalogue.devices[block.device]
      guard let index = device.tags.firstIndex(where: { $0.name == "scan_count" }) else { continue }
      let column = block.columns[index]
      for row in block.times.indices where column.qualities[row] == .good {
        print("\(device.name),\(column.bits[row])")
      }
    }
  }
}
