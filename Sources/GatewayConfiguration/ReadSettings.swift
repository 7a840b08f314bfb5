/// How one Modbus device is read.
public struct ReadSettings: Hashable, Sendable {
  /// True for `every: continuous`: as often as the line allows.
  public var isContinuous = false
  /// 10 ms to 60 s; nil: the bus's.
  public var timeout: Duration?
  /// Silence before a request to the device and after its reply, where longer than the line's; default: the bus's.
  public var turnRound = Duration.zero
  /// How often a request whose reply is missing or damaged is sent again at once; 0 to 5, default: the bus's.
  public var retries = 1
  /// Most registers in one request, 1 to 125; default 125.
  public var maximumRegisters = 125
  /// Most coils or discrete inputs in one request, 1 to 2000; default 2000.
  public var maximumBits = 2_000
  /// Whether a request may include entries that no tag needs; default true.
  public var bridgesGaps = true

  public init() {}
}
