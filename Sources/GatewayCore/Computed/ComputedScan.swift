public import Telemetry

/// What an evaluation of a computed device gave.
public struct ComputedScan: Hashable, Sendable {
  /// Its place in the catalogue.
  public var device: Int
  /// One a tag; absent where nothing new came, at least one of them is not.
  public var readings: [Reading]
  /// When the newest scan began that went into it.
  public var started: MonotonicTime
}
