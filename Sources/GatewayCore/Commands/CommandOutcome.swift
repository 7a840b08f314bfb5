import Telemetry

/// What became of a command, or of one value of it; later cases are worse.
public enum CommandOutcome: String, Sendable, CaseIterable, Comparable {
  case done
  /// Nothing was written, for a ``CommandRefusal``.
  case refused
  /// Nothing was written, because its time was over.
  case expired
  /// The device holds something else.
  case mismatch
  /// It may have been written.
  case unknown

  public static func < (left: Self, right: Self) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }
}

/// Why nothing was written; the raw values stand in replies.
public enum CommandRefusal: String, Sendable, CaseIterable {
  case badCommand = "bad-command"
  case retained
  case unknownDevice = "unknown-device"
  case unknownTag = "unknown-tag"
  case notWritable = "not-writable"
  case wrongType = "wrong-type"
  case outOfLimits = "out-of-limits"
  /// The power of ten of a value is not known.
  case scaleFactor = "scale-factor"
  case tooFast = "too-fast"
  case tooMany = "too-many"
  case clock
  case busDown = "bus-down"
  case noAnswer = "no-answer"
  /// The device answered with an exception.
  case device
  /// A value before it in the same command was not done.
  case stopped
}

/// What became of one value.
public struct TagOutcome: Hashable, Sendable {
  public var tag: String
  public var unit: String
  public var asked: CommandValue
  public var outcome: CommandOutcome
  public var refusal: CommandRefusal?
  /// What the device held before.
  public var old: CommandValue?
  /// What it held afterwards.
  public var value: CommandValue?
  /// It was read back.
  public var isVerified = false
  /// One sentence for people.
  public var message: String
}

/// What became of a command.
public struct CommandReply: Hashable, Sendable {
  /// Where the command came from, as ``CommandMachine/receive(_:ticket:now:wall:isClockTrusted:)`` was told.
  public var ticket: Int
  public var id: String?
  public var device: String
  public var outcome: CommandOutcome
  /// Of a command that was refused as a whole.
  public var refusal: CommandRefusal?
  public var message: String
  /// In the order of the command; empty when it was refused as a whole.
  public var values: [TagOutcome]
  /// Of a command that was refused as a whole: what it asked for.
  public var asked: [WriteCommand.Item] = []
  /// The same id had come before; nothing was written for this delivery.
  public var isDuplicate = false

  /// Of a command that could not even be read.
  public static func refused(
    ticket: Int, id: String? = nil, device: String, _ refusal: CommandRefusal, _ message: String
  ) -> Self {
    Self(
      ticket: ticket, id: id, device: device, outcome: .refused, refusal: refusal, message: message, values: [])
  }
}

/// One value that was written or should have been, for the log and for central.
public struct CommandRecord: Hashable, Sendable {
  public var device: String
  public var source: String
  public var id: String?
  public var value: TagOutcome
}

/// What the machine wants done.
public enum CommandEffect: Hashable, Sendable {
  case submit(BusJob, bus: Int)
  case reply(CommandReply)
  case record(CommandRecord)
}
