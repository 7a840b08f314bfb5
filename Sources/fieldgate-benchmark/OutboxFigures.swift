import ArgumentParser
import GatewayCore
import Glibc
import SQLiteOutbox
import Telemetry

/// How fast samples come to the disk through the outbox, beside plain rows at the same durability.
struct OutboxFigures: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outbox",
    abstract: "Measure appending to the outbox and cutting batches, beside plain SQLite rows.",
    discussion: """
      Each second of a thousand tags is one transaction, synced to the disk; beside it plain rows with a transaction a \
      scan, as one writes it without thinking. The outbox cuts a batch at its limit of 65,536 samples, and once more \
      every ten seconds, as while central is reachable, where each batch is confirmed with the next commit. The outbox \
      commits at 16,384 samples when they come faster than that; beside such commits, of sixteen seconds, rows are \
      committed in the same groups. Subjects take turns, and the fastest round of each counts.
      """)

  @Option(help: "Directory for the files; must exist, and be on the disk that is to be measured.") var directory: String
  @Option(help: "Seconds of plant data in a round, 65 to 3600.") var seconds = 650
  @Option(help: "Rounds.") var rounds = 3

  private struct Round {
    var watch = Stopwatch()
    var samples = 0
    var bytes = 0
    var perSecond: Double { Double(samples) / watch.wall }
    var processorPerMillion: Double { watch.processor / Double(samples) * 1e6 }
    var bytesWritten: Int?
  }

  func validate() throws {
    guard (65...3_600).contains(seconds), (1...100).contains(rounds) else {
      throw ValidationError("--seconds is 65 to 3600, --rounds 1 to 100")
    }
  }

  func run() throws {
    let recording = PlantRecording(seconds: seconds)
    var best: [Round?] = Array(repeating: nil, count: 8)
    for number in 0..<rounds {
      let taken = [
        try outbox(recording, number), try rows(recording, "rows-\(number)"),
        try rows(recording, "rows-indexed-\(number)", isIndexed: true),
        try rows(recording, "rows-scans-\(number)", isCommitAScan: true), try syncs(number),
        try outbox(recording, number, isOnline: true), try outbox(recording, number, secondsACommit: 16),
        try rows(recording, "rows-large-\(number)", secondsACommit: 16),
      ]
      for (index, round) in taken.enumerated() where round.watch.wall < best[index]?.watch.wall ?? .infinity {
        best[index] = round
      }
    }
    let found = best.compactMap { $0 }
    let rows = ["plain_rows", "plain_rows_with_index", "plain_rows_a_commit_a_scan"]
    let subjects = ["outbox"] + rows + ["disk", "outbox_online", "outbox_large_commits", "plain_rows_large_commits"]
    for (subject, round) in zip(subjects, found) where subject != "disk" {
      figure(subject, "samples_per_second", round.perSecond, "1/s")
      figure(subject, "cpu_seconds_per_million_samples", round.processorPerMillion, "s")
      figure(subject, "bytes_on_disk_per_sample", Double(round.bytes) / Double(round.samples), "B")
      if let written = round.bytesWritten {
        figure(subject, "bytes_written_per_sample", Double(written) / Double(round.samples), "B")
      }
    }
    figure("disk", "seconds_per_synced_write_of_8_kb", found[4].watch.wall / Double(seconds), "s")
    for (subject, round) in zip(rows, found.dropFirst()) { compare("outbox", found[0], subject, round) }
    compare(subjects[6], found[6], subjects[7], found[7])
  }

  private func compare(_ subject: String, _ outbox: Round, _ other: String, _ rows: Round) {
    figure(subject, "speed_beside_\(other)", outbox.perSecond / rows.perSecond, "1", budget: 10)
    figure(subject, "cpu_beside_\(other)", outbox.processorPerMillion / rows.processorPerMillion, "1")
  }

  /// - Parameter isOnline: batches of ten seconds, each confirmed and deleted with the commit behind it.
  private func outbox(
    _ recording: PlantRecording, _ number: Int, isOnline: Bool = false, secondsACommit: Int = 1
  ) throws -> Round {
    let place = "\(directory)/outbox-\(isOnline ? "online-" : "")\(secondsACommit)-\(number)"
    let cutEvery = Int64((isOnline ? 10 : 65) / secondsACommit)
    guard mkdir(place, 0o700) == 0 else { throw ValidationError("\(place) cannot be made; is --directory there?") }
    let store = SQLiteOutbox(.machine(directory: place, boot: "benchmark"))
    _ = try store.open()
    let id = try store.register(recording.catalogue)
    var builder = FrameBuilder(catalogue: recording.catalogue)
    var round = Round()
    var cut: (row: EpochLane, number: UInt64)?
    for second in stride(from: 0, to: seconds, by: secondsACommit) {
      let group = second..<min(seconds, second + secondsACommit)
      let scans = group.flatMap { recording.scans(atSecond: $0, began: PlantRecording.began) }
      try round.watch.run {
        var transaction = OutboxTransaction()
        let sequence = Int64(second / secondsACommit + 1)
        transaction.frames = builder.frame(of: scans, sequence, catalogueID: id).map { [$0] } ?? []
        if sequence % cutEvery == 0 { transaction.cut = [.telemetry] }
        if isOnline, sequence % cutEvery == 1, let cut { transaction.confirmed = [cut.row: cut.number] }
        let state = try store.commit(transaction)
        cut = (EpochLane(state.epoch, .telemetry), state[.telemetry].cutThrough)
      }
    }
    round.watch.run { store.close() }
    round.samples = recording.sampleCount
    round.bytes = size(of: "\(place)/outbox.db")
    round.bytesWritten = store.bytesWritten
    return round
  }

  /// - Parameter isCommitAScan: a transaction for each device's scan, of which the first minute is enough.
  private func rows(
    _ recording: PlantRecording, _ name: String, isIndexed: Bool = false, isCommitAScan: Bool = false,
    secondsACommit: Int = 1
  ) throws -> Round {
    let path = "\(directory)/\(name).db"
    let table = try PlainTable(path: path, tagsPerDevice: PlantRecording.tagsPerDevice, isIndexed: isIndexed)
    var round = Round()
    let end = isCommitAScan ? 60 : seconds
    for second in stride(from: 0, to: end, by: secondsACommit) {
      let group = second..<min(end, second + secondsACommit)
      let scans = group.flatMap { recording.scans(atSecond: $0, began: PlantRecording.began) }
      let groups = isCommitAScan ? scans.map { [$0] } : [scans]
      try round.watch.run { for group in groups { try table.commit(group, recording.catalogue) } }
      round.samples += group.count * PlantRecording.tagCount
    }
    try round.watch.run { try table.close() }
    round.bytes = size(of: path)
    return round
  }

  /// What the disk alone costs: as many appended and synced writes as there were transactions.
  private func syncs(_ number: Int) throws -> Round {
    let path = "\(directory)/syncs-\(number)"
    let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    guard file >= 0 else { throw ValidationError("\(path) cannot be made") }
    defer { close(file) }
    let block = [UInt8](repeating: 7, count: 8_192)
    var round = Round()
    round.watch.run {
      for _ in 0..<seconds where write(file, block, block.count) == block.count { fdatasync(file) }
    }
    return round
  }

  private func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  private func figure(_ subject: String, _ name: String, _ value: Double, _ unit: String, budget: Int? = nil) {
    let text = value >= 1_000 ? "\(Int(value))" : "\((value * 10_000).rounded() / 10_000)"
    let limit = budget.map { ",\"budget\":\($0)" } ?? ""
    print("{\"subject\":\"\(subject)\",\"figure\":\"\(name)\",\"value\":\(text),\"unit\":\"\(unit)\"\(limit)}")
  }
}
