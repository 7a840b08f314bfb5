/// How far a reading can be trusted, and why not: one byte, as it stands in frames and batches.
///
/// Bits 7-6 hold the level, bits 5-0 the reason. The numbers are part of the stored format
/// (`docs/formats/batch.md`): never renumber, only add.
public struct Quality: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  public init(_ level: Level, _ reason: Reason) {
    rawValue = level.rawValue << 6 | reason.code
  }

  /// A valid reply to this very request was decoded.
  public static let good = Self(.good, .none)

  public static func bad(_ reason: Reason) -> Self { Self(.bad, reason) }
  public static func uncertain(_ reason: Reason) -> Self { Self(.uncertain, reason) }
  /// No reading was taken at this scan (for instance: unchanged, and reported by exception).
  public static let absent = Self(.absent, .none)

  public var level: Level { Level(rawValue: rawValue >> 6) ?? .bad }
  public var reason: Reason { Reason(code: rawValue & 0x3f) }

  /// Good and uncertain readings carry a value; bad and absent ones never do.
  public var hasValue: Bool { rawValue < 0x80 }

  public enum Level: UInt8, Sendable, CaseIterable {
    case good = 0
    case uncertain = 1
    case bad = 2
    case absent = 3

    /// The word shown to people and in JSON.
    public var name: String {
      switch self {
      case .good: "good"
      case .uncertain: "uncertain"
      case .bad: "bad"
      case .absent: "absent"
      }
    }
  }

  /// Why a reading is not good.
  public enum Reason: Hashable, Sendable {
    case none
    /// The device did not answer in time.
    case timeout
    /// The serial line or the connection is down.
    case busDown
    /// The reply's check sum is wrong (RTU).
    case checksum
    /// The reply does not fit the request: length, unit, function or transaction.
    case malformedReply
    /// The value means "sensor fault" for this tag.
    case sensorFault
    /// Outside the tag's valid range.
    case outOfRange
    /// Older than the tag allows.
    case stale
    /// The reply cannot be turned into the tag's type (a NaN, a digit above 9 in BCD …).
    case undecodable
    /// Another input/output error; the log has the text.
    case inputOutput
    /// The clock was not set when it was taken, and never was before the next start: its time is a guess.
    case clock
    /// The counter fell without a plausible roll-over: it was set back or replaced, and what it counted meanwhile is unknown.
    case counterReset
    /// Too few samples: of too much of a window's time nothing is known.
    case incomplete
    /// The device answered with a Modbus exception code 1 to 11 (Modbus Application Protocol 1.1b3, section 7).
    case exception(UInt8)
    /// A code of a newer version.
    case other(UInt8)

    public var code: UInt8 {
      switch self {
      case .none: 0
      case .timeout: 1
      case .busDown: 2
      case .checksum: 3
      case .malformedReply: 4
      case .sensorFault: 5
      case .outOfRange: 6
      case .stale: 7
      case .undecodable: 8
      case .inputOutput: 9
      case .clock: 10
      case .counterReset: 11
      case .incomplete: 12
      case .exception(let number): 16 + min(number, 15)
      case .other(let code): code & 0x3f
      }
    }

    public init(code: UInt8) {
      switch code {
      case 0: self = .none
      case 1: self = .timeout
      case 2: self = .busDown
      case 3: self = .checksum
      case 4: self = .malformedReply
      case 5: self = .sensorFault
      case 6: self = .outOfRange
      case 7: self = .stale
      case 8: self = .undecodable
      case 9: self = .inputOutput
      case 10: self = .clock
      case 11: self = .counterReset
      case 12: self = .incomplete
      case 16...31: self = .exception(code - 16)
      default: self = .other(code)
      }
    }

    /// The words shown to people and in JSON; Modbus exceptions by their name in the specification.
    public var name: String {
      switch self {
      case .none: "none"
      case .timeout: "time-out"
      case .busDown: "bus down"
      case .checksum: "checksum error"
      case .malformedReply: "malformed reply"
      case .sensorFault: "sensor fault"
      case .outOfRange: "out of range"
      case .stale: "stale"
      case .undecodable: "undecodable value"
      case .inputOutput: "input/output error"
      case .clock: "clock not set"
      case .counterReset: "counter reset"
      case .incomplete: "incomplete"
      case .exception(let number): Self.exceptionName(number)
      case .other(let code): "reason \(code)"
      }
    }

    static func exceptionName(_ number: UInt8) -> String {
      switch number {
      case 1: "illegal function"
      case 2: "illegal data address"
      case 3: "illegal data value"
      case 4: "server device failure"
      case 5: "acknowledge"
      case 6: "server device busy"
      case 7: "negative acknowledge"
      case 8: "memory parity error"
      case 10: "gateway path unavailable"
      case 11: "gateway target device failed to respond"
      default: "exception \(number)"
      }
    }
  }
}

extension Quality: CustomStringConvertible {
  /// `good`, or level and reason: `bad (time-out)`.
  public var description: String {
    reason == .none ? level.name : "\(level.name) (\(reason.name))"
  }
}
