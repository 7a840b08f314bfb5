public import TagExpressions
public import TagWindows
public import Telemetry

/// One computed device, as the configuration has it, with the places of the tags that it uses.
public struct ComputedDevice: Sendable {
  /// One of its tags.
  public struct Tag: Sendable {
    public var calculation: Calculation
    /// The tags that it uses, in the order in which its calculation numbers them.
    public var inputs: [TagIndex]
    /// To how many digits after the point the result is rounded; nil: not at all.
    public var decimals: Int?

    public init(_ calculation: Calculation, inputs: [TagIndex], decimals: Int? = nil) {
      self.calculation = calculation
      self.inputs = inputs
      self.decimals = decimals
    }
  }

  public enum Calculation: Sendable {
    case expression(ExpressionProgram)
    case window(WindowSpecification)
  }

  /// Its place in the catalogue.
  public var place: Int
  /// The least time between two evaluations.
  public var interval: Duration
  /// In the order of the catalogue.
  public var tags: [Tag]

  public init(place: Int, interval: Duration, tags: [Tag]) {
    self.place = place
    self.interval = interval
    self.tags = tags
  }
}
