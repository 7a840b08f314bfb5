public import Telemetry

/// Whether the wall clock can be believed. A gateway without a battery-backed clock boots in 1970, or at the time of its last
/// shutdown; until its clock is set, samples carry the boot clock's time.
///
/// Trusted is a clock that the system says is synchronised, or one that is neither before this program was written nor before
/// the newest time in the store. Once trusted it stays so until the next start, unless the store was not open yet.
public struct ClockTrust: Hashable, Sendable {
  /// 2026-01-01: the program did not exist before.
  public static let earliest = Timestamp(milliseconds: 1_767_225_600_000)

  public private(set) var isTrusted = false

  public init() {}

  /// - Parameter newestStored: nil when the store is empty or not open yet.
  /// - Returns: true at the moment when the clock becomes trusted.
  public mutating func look(wall: Timestamp, newestStored: Timestamp?, isSynchronized: Bool) -> Bool {
    guard !isTrusted else { return false }
    let isPlausible = wall >= Self.earliest && wall >= newestStored ?? wall
    isTrusted = (isSynchronized && wall >= Self.earliest) || isPlausible
    return isTrusted
  }
}
