import ArgumentParser
import BatchCodec
import Telemetry

/// How many bytes a sample takes in frames and batches, and how fast they are written and read.
struct CodecFigures: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "codec",
    abstract: "Measure the size of samples in frames and batches, and the speed of the codec.")

  @Option(help: "Seconds of plant data, 65 to 3600.") var seconds = 650
  @Option(help: "Also write the samples as InfluxDB line protocol to this file.") var lineProtocol: String?

  func validate() throws {
    guard (65...3_600).contains(seconds) else { throw ValidationError("--seconds is 65 to 3600") }
  }

  func run() throws {
    let recording = PlantRecording(seconds: seconds)
    try sizes(recording)
    figure("gorilla", recording.gorillaBytesPerSample())
    if let lineProtocol { figure("line_protocol", try recording.writeLineProtocol(to: lineProtocol)) }
    try speeds(recording)
  }

  private func sizes(_ recording: PlantRecording) throws {
    let layout = FrameLayout(recording.catalogue)
    let frameBytes = recording.scans.reduce(0) { $0 + FrameCodec.encode($1, layout: layout, catalogueID: 1).count }
    figure("frame_of_1_s", Double(frameBytes) / Double(recording.sampleCount), budget: 3)
    for (length, budget) in [(10, nil), (60, 1.5), (65, 1.0)] as [(Int, Double?)] {
      let pieces = recording.pieces(seconds: length)
      let bytes = try pieces.reduce(0) { try $0 + encode($1, recording.catalogue).count }
      let samples = pieces.count * length * PlantRecording.tagCount
      // 65 s of a thousand tags are what the outbox cuts at its limit of 65,536 samples.
      figure(
        length == 65 ? "batch_of_65536_samples" : "batch_of_\(length)_s", Double(bytes) / Double(samples),
        budget: budget)
    }
  }

  private func speeds(_ recording: PlantRecording) throws {
    let pieces = recording.pieces(seconds: 65)
    let samples = Double(pieces.count * 65 * PlantRecording.tagCount)
    var batches: [[UInt8]] = []
    let encoding = try fastest { batches = try pieces.map { try encode($0, recording.catalogue) } }
    figure("encoding", samples / encoding, unit: "samples/s", budget: 10_000_000)
    let decoding = try fastest { for bytes in batches { _ = try BatchCodec.decode(bytes[...]) } }
    figure("decoding", samples / decoding, unit: "samples/s")
  }

  private func encode(_ blocks: [DeviceColumns], _ catalogue: Catalogue) throws -> [UInt8] {
    try BatchCodec.encode(epoch: Epoch(high: 1, low: 1), number: 1, catalogue: catalogue, devices: blocks)
  }

  /// Seconds that the fastest of five runs took: the others were disturbed.
  private func fastest(_ work: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<5 {
      best = min(best, try Stopwatch.time(work).wall)
    }
    return best
  }

  private func figure(_ name: String, _ value: Double, unit: String = "B", budget: Double? = nil) {
    func text(_ value: Double) -> String {
      unit == "B" ? "\((value * 1_000).rounded() / 1_000)" : "\(Int(value))"
    }
    let limit = budget.map { ",\"budget\":\(text($0))" } ?? ""
    print("{\"subject\":\"codec\",\"figure\":\"\(name)\",\"value\":\(text(value)),\"unit\":\"\(unit)\"\(limit)}")
  }
}
