import ArgumentParser
import CentralCore
import GatewayCore
import Glibc
import SQLiteCentralStore
import SQLiteOutbox
import Telemetry

/// What central can take at most: the batches of an outbox go straight into its store, without a network.
struct CommitFigures: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commit-outbox",
    abstract: "Measure how fast central checks and commits the batches of an outbox.",
    discussion: "One thread reads requests of 1 MiB, checks them as central does, and commits each.")

  @Option(help: "Directory of the outbox; it keeps what it holds.") var outbox: String
  @Option(help: "Directory of a new store of central; must exist.") var data: String

  func run() throws {
    let source = SQLiteOutbox(.machine(directory: outbox, boot: "benchmark"))
    _ = try source.open()
    let state = try source.state()
    let row = EpochLane(state.epoch, .telemetry)
    let key = LaneKey(gateway: "bench", epoch: state.epoch, lane: .telemetry)
    let store = try SQLiteCentralStore(directory: data)
    let now = Timestamp(milliseconds: Int64(time(nil)) * 1_000)
    var (reading, checking, committing) = (Stopwatch(), Stopwatch(), Stopwatch())
    var bytes = 0
    var next = state[.telemetry].confirmedThrough + 1
    let last = state[.telemetry].cutThrough
    while next <= last {
      let found = try reading.run { try source.batches(row, from: next, through: last, maximumBytes: 1 << 20) }
      guard let through = found.through else { throw ValidationError("batch \(next) of the outbox cannot be read") }
      let read = checking.run { SubmissionReader.read(found.bytes, gateway: "bench", identifier: 1) }
      guard case .success(let submission) = read else { throw ValidationError("central refuses batch \(next)") }
      var group = IngestMachine.Group()
      group.batches = submission.batches.map { (key, $0) }
      group.heads[key] = LaneHead(position: through, checksum: nil)
      try committing.run { try store.commit(group, received: now) }
      bytes += found.bytes.count
      next = through + 1
    }
    committing.run { store.close() }
    source.close()
    let samples = Double(state[.telemetry].batchSamples)
    for (name, watch) in [("outbox_reading", reading), ("central_checking", checking), ("central_commit", committing)] {
      figure("\(name)_samples_per_second", samples / watch.wall, "1/s")
      figure("\(name)_bytes_per_second", Double(bytes) / watch.wall, "B/s")
      figure("\(name)_cpu_share", watch.processor / watch.wall * 100, "%")
    }
  }

  private func figure(_ name: String, _ value: Double, _ unit: String) {
    print("{\"subject\":\"limit\",\"figure\":\"\(name)\",\"value\":\(Int(value)),\"unit\":\"\(unit)\"}")
  }
}
