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
  /// Names of raw values, by which a command may call them.
  public var names: [ValueName]
  /// The tag of the same device that holds the power of ten of this one.
  public var scaleFactor: String?
  /// What it holds, as of when the command came; nil when that is not known.
  var power: PowerOfTen?

  public init(
    name: String, point: RegisterPoint?, scaling: Scaling, unit: String, limits: WriteLimits?,
    names: [ValueName] = [], scaleFactor: String? = nil
  ) {
    self.name = name
    self.point = point
    self.scaling = scaling
    self.unit = unit
    self.limits = limits
    self.names = names
    self.scaleFactor = scaleFactor
  }

  /// What the entries of a reply say, as people read it; nil when they say nothing.
  ///
  /// - Parameters:
  ///   - entries: those of this tag alone, from where it is written.
  ///   - asked: the value that a command asked for. Who asked by name is answered by name.
  func shown(_ entries: ArraySlice<UInt16>, asked: CommandValue) -> CommandValue? {
    guard let point = point?.written else { return nil }
    if point.type == .string { return RegisterDecoder.text(Array(entries), at: 0, as: point).map { .text($0) } }
    guard let value = RegisterDecoder.decode(Array(entries), at: 0, as: point).value(point.type.valueType) else {
      return nil
    }
    if case .text = asked, let name = names.first(where: { Self.raw($0, point) == value }) { return .text(name.name) }
    if case .boolean(let flag) = value { return .flag(flag) }
    return engineering(value).map { .number($0) }
  }

  /// The value in the tag's unit; nil when its power of ten is not known.
  func engineering(_ value: Value) -> Double? {
    guard scaleFactor != nil else { return scaling.apply(value) }
    guard case .integer(let raw) = value, let power else { return nil }
    return scaling.apply(.float64(power.apply(to: raw)))
  }

  static func raw(_ name: ValueName, _ point: RegisterPoint) -> Value {
    point.table.isBits || point.type == .bool ? .boolean(name.value != 0) : .integer(name.value)
  }
}
