/// What makes an instrument send its values.
public struct InstrumentRequest: Hashable, Sendable {
  /// 1 to ``maximumLength`` bytes.
  public var bytes: [UInt8]
  /// How long the whole answer may take, 10 ms to 60 s.
  public var timeout: Duration
  /// How often the request is repeated when no answer comes, 0 to 5.
  public var retries: Int

  public static let maximumLength = 256

  public init(bytes: [UInt8], timeout: Duration = .seconds(1), retries: Int = 1) {
    self.bytes = bytes
    self.timeout = timeout
    self.retries = retries
  }
}
