/// What is done with a tag's raw value before anyone sees it. Most tags need nothing.
public struct TagTreatment: Hashable, Sendable {
  /// Raw values by which the device says "my sensor is broken": the reading becomes bad (sensor fault).
  public var faultValues: [Value]
  /// A value that the type cannot be (a NaN, a digit above 9) also says so.
  public var undecodableIsFault: Bool
  /// Bounds in the tag's unit, both allowed; outside, the value is kept and uncertain (out of range).
  public var valid: ClosedRange<Double>?
  public var counter: Counter?
  /// Name of the tag of the same device that holds the power of ten by which the value is multiplied; the value is a
  /// float64 then.
  public var scaleFactor: String?
  /// A value older than this is shown as uncertain (stale); nil: as its device says.
  public var staleAfter: Duration?

  /// A counter of limited width, from which a total is made that does not fall when the counter rolls over.
  public struct Counter: Hashable, Sendable {
    /// How many values it has: 65536 for 16 bits. It rolls over from one less to 0.
    public var rollover: Int64
    /// The largest step from one reading to the next that is believed across a roll-over.
    public var largestStep: Int64

    /// - Parameter largestStep: nil is a quarter of `rollover`.
    public init(rollover: Int64, largestStep: Int64? = nil) {
      self.rollover = rollover
      self.largestStep = largestStep ?? rollover / 4
    }
  }

  public init(
    faultValues: [Value] = [], undecodableIsFault: Bool = false, valid: ClosedRange<Double>? = nil,
    counter: Counter? = nil, scaleFactor: String? = nil, staleAfter: Duration? = nil
  ) {
    self.faultValues = faultValues
    self.undecodableIsFault = undecodableIsFault
    self.valid = valid
    self.counter = counter
    self.scaleFactor = scaleFactor
    self.staleAfter = staleAfter
  }

  public static let none = Self()

  /// Nothing is to be done at a scan.
  public var leavesScansAlone: Bool {
    faultValues.isEmpty && !undecodableIsFault && valid == nil && counter == nil && scaleFactor == nil
  }
}
