extension PlantedFault {
  /// The part of each fault that was found when the recipe was chosen, on streams like ours; broken sensors practically
  /// always. Nil where nothing was measured.
  public func recommended(on stream: SyntheticStream) -> Double? {
    switch self {
    case .stuck, .dropout, .fullScale: return 1
    case .spike, .step, .ramp: break
    }
    let row: [Double]
    switch stream {
    case .whiteNoise: row = [0.35, 0.95, 1, 1, 0.80, 1, 1, 1, 1, 1]
    case .dailySine: row = [0.10, 0.48, 0.93, 1, 0.63, 1, 1, 0.90, 1, 1]
    case .dutyCycle: row = [0, 0.10, 0.63, 1, 0, 0.05, 0.30, 0.03, 0.28, 0.45]
    default: return nil
    }
    return Self.tabled.firstIndex(of: self).flatMap { $0 < row.count ? row[$0] : nil }
  }

  /// How often a fault must be found: 0.05 less than recommended, 0.98 for broken sensors.
  public func bar(on stream: SyntheticStream) -> Double? {
    switch self {
    case .stuck, .dropout, .fullScale: 0.98
    case .spike, .step, .ramp: recommended(on: stream).map { max(0, $0 - 0.05) }
    }
  }
}
