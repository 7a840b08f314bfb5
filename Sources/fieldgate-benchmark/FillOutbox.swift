import ArgumentParser
import GatewayCore
import Glibc
import SQLiteOutbox
import Telemetry

/// An outbox with a long backlog in it, as after days without central. It must be used where it was made: a copied outbox
/// begins a new epoch.
struct FillOutbox: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fill-outbox",
    abstract: "Make an outbox that holds many samples in cut batches.",
    discussion: "The samples end now: a thousand a second, of twenty devices. They repeat after 650 seconds.")

  @Option(help: "Directory of the outbox; must exist.") var directory: String
  @Option(help: "Samples, rounded down to whole batches of 65,000.") var samples = 100_000_000

  /// Five frames of thirteen seconds come close to the limits of a frame and of a batch.
  private static let frameSeconds = 13
  private static let framesOfBatch = 5

  func validate() throws {
    guard (65_000...10_000_000_000).contains(samples) else { throw ValidationError("--samples is 65000 to 10^10") }
  }

  func run() throws {
    let recording = PlantRecording(seconds: 650)
    let batches = samples / (Self.frameSeconds * Self.framesOfBatch * PlantRecording.tagCount)
    let length = batches * Self.framesOfBatch * Self.frameSeconds
    let began = Timestamp(milliseconds: Int64(time(nil)) * 1_000) + .seconds(-length - 60)
    let store = SQLiteOutbox(.machine(directory: directory, boot: "benchmark"))
    _ = try store.open()
    let id = try store.register(recording.catalogue)
    var builder = FrameBuilder(catalogue: recording.catalogue)
    var sequence: Int64 = 0
    for _ in 0..<batches {
      var transaction = OutboxTransaction()
      for _ in 0..<Self.framesOfBatch {
        let start = Int(sequence) * Self.frameSeconds
        sequence += 1
        let frame = recording.frame(
          start..<start + Self.frameSeconds, began: began, sequence: sequence, catalogueID: id, &builder)
        if let frame { transaction.frames.append(frame) }
      }
      transaction.cut = [.telemetry]
      _ = try store.commit(transaction)
    }
    store.close()
  }
}
