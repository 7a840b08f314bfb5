import ArgumentParser

/// Checks of arguments that several commands take.
enum Bounds {
  static func check(pace: Int?) throws {
    guard let pace else { return }
    guard (300...4_000_000).contains(pace) else { throw ValidationError("--pace \(pace): choose 300 to 4000000") }
  }

  static func units(_ text: String) throws -> [UInt8] {
    let units = text.split(separator: ",", omittingEmptySubsequences: false).map { UInt8($0) }
    guard !units.contains(nil), units.allSatisfy({ (1...247).contains($0 ?? 0) }), Set(units).count == units.count
    else { throw ValidationError("--units \(text): give different ids of 1 to 247, as in 1,2,3") }
    return units.compactMap(\.self)
  }
}
