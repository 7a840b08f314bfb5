public import Telemetry

/// What a request costs on one line: the figures with which the planner weighs a gap against another request.
public struct LineCosts: Hashable, Sendable {
  /// A byte on its way.
  public var byte: Duration
  /// Bytes of a request and its reply together, beside the data.
  public var framingBytes: Int
  /// Silence before each frame; zero where the line needs none.
  public var silence: Duration
  /// What a device is taken to need for its answer until that has been measured.
  public var assumedThinking: Duration
  /// How long the line is listened to after a reply that did not come or did not fit; zero: it is not.
  public var settling: Duration

  public init(
    byte: Duration, framingBytes: Int, silence: Duration, assumedThinking: Duration, settling: Duration = .zero
  ) {
    self.byte = byte
    self.framingBytes = framingBytes
    self.silence = silence
    self.assumedThinking = assumedThinking
    self.settling = settling
  }

  /// A serial line. A request has 8 bytes, a reply 5 beside its data (Modbus over serial line 1.02, section 2.3).
  ///
  /// - Parameters:
  ///   - baud: bits a second, more than 0.
  ///   - bits: of one character, with start, parity and stop bits; the specification's is 11.
  ///   - silence: kept between frames; nil: ``specifiedSilence(baud:bits:)``.
  public static func serial(baud: Int, bits: Int, silence: Duration? = nil) -> Self {
    let silence = silence ?? specifiedSilence(baud: baud, bits: bits)
    return Self(
      byte: character(baud: baud, bits: bits), framingBytes: 13, silence: silence,
      assumedThinking: .milliseconds(5), settling: max(leastSettling, silence))
  }

  /// A TCP connection: 12 bytes of request and 9 of reply beside the data. What a byte costs is mostly the device's work.
  public static let network = Self(
    byte: .microseconds(10), framingBytes: 21, silence: .zero, assumedThinking: .milliseconds(2))

  /// 3.5 characters, or 1.75 ms above 19200 baud (Modbus over serial line 1.02, section 2.5.1.1).
  public static func specifiedSilence(baud: Int, bits: Int) -> Duration {
    baud > 19_200 ? .microseconds(1_750) : character(baud: baud, bits: bits) * 7 / 2
  }

  private static func character(baud: Int, bits: Int) -> Duration {
    .nanoseconds(bits * 1_000_000_000 / max(1, baud))
  }

  /// From the end of the frame before to the end of the reply, without the device's time to think.
  ///
  /// - Parameter turnRound: the device's own, which stands in for the silence before the request where it is longer.
  public func wireTime(_ table: RegisterTable, entries: Int, turnRound: Duration) -> Duration {
    let data = table.isBits ? (entries + 7) / 8 : entries * 2
    return max(silence, turnRound) + silence + byte * (framingBytes + data)
  }
}
