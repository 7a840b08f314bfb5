/// What reads bytes from outside, each with the rules that must hold whatever the bytes are.
///
/// A rule that does not hold stops the program (`precondition`), so that a fuzzer sees it as it sees a crash.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// A request of a gateway at central: batches, each decoded.
  case batch
  /// A configuration file of the gateway.
  case configuration
  /// The expression of a computed tag.
  case expression
  /// The rules of a configuration, each byte of the input being part of the rule.
  case rules
  /// A line on the gateway's local socket.
  case request
  /// The body of a request for a certificate at central.
  case enrolment
  /// An enrolment ticket.
  case ticket
  /// The bytes of a serial line, framed and read in every format.
  case serial

  /// Takes the bytes; returns whether they were accepted as good.
  @discardableResult public func run(_ bytes: [UInt8]) -> Bool {
    switch self {
    case .batch: BatchTarget.run(bytes)
    case .configuration: ConfigurationTarget.run(bytes)
    case .expression: ExpressionTarget.run(bytes)
    case .rules: ConfigurationTarget.runRules(bytes)
    case .request: RequestTarget.run(bytes)
    case .enrolment: EnrolmentTarget.run(bytes)
    case .ticket: TicketTarget.run(bytes)
    case .serial: SerialTarget.run(bytes)
    }
  }

  /// Good inputs to begin with, and a few bad ones.
  public var seeds: [[UInt8]] {
    switch self {
    case .batch: BatchTarget.seeds
    case .configuration: ConfigurationTarget.seeds
    case .expression: ExpressionTarget.seeds
    case .rules: ConfigurationTarget.ruleSeeds
    case .request: RequestTarget.seeds
    case .enrolment: EnrolmentTarget.seeds
    case .ticket: TicketTarget.seeds
    case .serial: SerialTarget.seeds
    }
  }

  /// Longer inputs are not worth a fuzzer's time.
  public var maximumBytes: Int {
    switch self {
    case .batch: 4_096
    case .configuration: 4_096
    case .expression: 512
    case .rules: 512
    case .request: 1_024
    case .enrolment: 1_024
    case .ticket: 2_100
    case .serial: 1_024
    }
  }
}
