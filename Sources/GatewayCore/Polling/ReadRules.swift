public import Telemetry

/// What the planner must know of a device and its line.
public struct ReadRules: Hashable, Sendable {
  public var costs: LineCosts
  /// What the device needs for an answer beside the time on the wire: measured, or assumed.
  public var thinking: Duration
  /// Silence that the device needs before a request, where it is longer than the line's.
  public var turnRound: Duration
  /// Most registers that one request may ask this device for, 1 to 125.
  public var maximumRegisters: Int
  /// Most coils or discrete inputs, 1 to 2000.
  public var maximumBits: Int
  /// False: entries between tags are never asked for.
  public var bridgesGaps: Bool

  public init(
    costs: LineCosts = .network, turnRound: Duration = .zero, maximumRegisters: Int = 125, maximumBits: Int = 2_000,
    bridgesGaps: Bool = true
  ) {
    self.costs = costs
    thinking = costs.assumedThinking
    self.turnRound = turnRound
    self.maximumRegisters = maximumRegisters
    self.maximumBits = maximumBits
    self.bridgesGaps = bridgesGaps
  }

  func limit(_ table: RegisterTable) -> Int {
    table.isBits ? min(maximumBits, table.maximumReadCount) : min(maximumRegisters, table.maximumReadCount)
  }

  /// Estimate of the bus's time that a read takes, from the end of the frame before to the end of its reply.
  public func time(_ table: RegisterTable, entries: Int) -> Duration {
    costs.wireTime(table, entries: entries, turnRound: turnRound) + thinking
  }
}
