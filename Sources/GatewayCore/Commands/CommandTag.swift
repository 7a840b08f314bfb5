public import Telemetry

/// A tag as the command machine knows it.
public struct CommandTag: Hashable, Sendable {
  public var name: String
  /// Nil for a tag that is not read from registers.
  public var point: RegisterPoint?
  public var scaling: Scaling
  /// The engineering unit; empty when there is none.
  public var unit: String
  /// Nil when it may not be written.
  public var limits: WriteLimits?

  public init(name: String, point: RegisterPoint?, scaling: Scaling, unit: String, limits: WriteLimits?) {
    self.name = name
    self.point = point
    self.scaling = scaling
    self.unit = unit
    self.limits = limits
  }

  /// What the entries of a reply say, as people read it; nil when they say nothing.
  ///
  /// - Parameter entries: those of this tag alone.
  func shown(_ entries: ArraySlice<UInt16>) -> CommandValue? {
    guard let point else { return nil }
    let reading = RegisterDecoder.decode(Array(entries), at: 0, as: point)
    switch reading.value(point.type.valueType) {
    case nil: return nil
    case .boolean(let flag): return .flag(flag)
    case let value?: return .number(scaling.apply(value))
    }
  }
}
