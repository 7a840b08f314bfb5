public import AnomalyDetection

/// The part of planted faults that is found on one kind of stream, over many seeds.
public struct Detections: Sendable {
  /// Faults begin at so many places of each stream, one at a time.
  private static let placesPerStream = 4

  public let found: [PlantedFault: Double]

  /// - Parameter row: where the first fault begins; the others of a stream follow 437 rows apart, and each further seed's
  ///   37 rows later, so that every time of day has its turn.
  public init(
    of faults: [PlantedFault], on stream: SyntheticStream, seeds: Range<UInt64>, row: Int = 10_000,
    settings: AnomalySettings = AnomalySettings()
  ) {
    var counts: [PlantedFault: Int] = [:]
    for (number, seed) in seeds.enumerated() {
      let begins = (0..<Self.placesPerStream).map { row + 37 * number + 437 * $0 }
      let values = stream.values(count: row + 37 * number + 437 * Self.placesPerStream + 1_300, seed: seed &+ 1_000)
      var trial = AnomalyTrial(settings)
      var fed = 0
      for begin in begins {
        for value in values[fed..<begin] { _ = trial.step(value) }
        fed = begin
        for fault in faults where trial.finds(fault, in: values[begin...], sigma: stream.sigma) {
          counts[fault, default: 0] += 1
        }
      }
    }
    let trials = Double(seeds.count * Self.placesPerStream)
    found = Dictionary(uniqueKeysWithValues: faults.map { ($0, Double(counts[$0, default: 0]) / trials) })
  }
}
