public import Telemetry

/// A tag as a rule speaks of it: where it stands, and what people call it.
public struct RuleTag: Hashable, Sendable {
  public var index: TagIndex
  /// `device/tag`.
  public var name: String
  /// Its engineering unit, for sentences; may be empty.
  public var unit: String
  /// Digits after the point in sentences; nil: as many as the value needs.
  public var decimals: Int?
  /// Names of its raw values, for sentences; empty for most.
  public var names: [ValueName]

  public init(_ index: TagIndex, name: String, unit: String = "", decimals: Int? = nil, names: [ValueName] = []) {
    self.index = index
    self.name = name
    self.unit = unit
    self.decimals = decimals
    self.names = names
  }
}
