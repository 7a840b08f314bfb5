public import Telemetry

/// Decides when and how a gateway's certificate is renewed (docs/identity.md). Everything that must outlive a kill is on the
/// disk: from what stands there the machine knows what comes next, so it can begin anew at any point.
///
/// A new key in a new directory → a certificate for it → a trial → the swap of the link → central is told → the old directory
/// goes. The directory in use is never touched.
public struct RenewalMachine: Sendable {
  public enum Step: Hashable, Sendable {
    /// A new directory with a new key.
    case makeKey
    /// Ask central for a certificate for the key in this directory.
    case request(Int)
    /// A request with the new certificate.
    case tryOut(Int)
    case swap(to: Int)
    /// Tell central that the one before is not needed any more.
    case confirm(Int)
    case remove(Int)
  }

  public enum Action: Hashable, Sendable {
    case perform(Step)
    case wait(until: MonotonicTime)
  }

  public enum Failure: Hashable, Sendable {
    /// May pass: no network, central denies the gateway, the disk is full. `after`: central's wish.
    case passing(String, after: Duration?)
    /// Central does not know the new certificate (any more): another one is needed.
    case rejected(String)

    var text: String {
      switch self {
      case .passing(let text, _), .rejected(let text): text
      }
    }
  }

  /// How often the directory is looked at: `fieldgate enroll` may have changed it.
  public static let lookInterval = Duration.seconds(5)
  /// A clock that shows a time so long before the certificate was made has not been set since boot.
  static let clockTolerance: Int64 = 86_400

  /// Of the newest failure, until something succeeds.
  public private(set) var problem: String?
  /// When the failed step is tried again.
  public private(set) var retryAt: MonotonicTime?
  private var failures = 0
  /// The directory that was in use at the newest look.
  private var known: Int?
  /// The directory whose certificate central has accepted.
  private var triedOut: Int?
  private var confirmed: Int?
  private var rejected: Int?

  public init() {}

  /// - Parameters:
  ///   - wall: seconds since 1970.
  public mutating func next(_ view: IdentityView, wall: Int64, now: MonotonicTime) -> Action {
    let look = now + Self.lookInterval
    guard let current = view.current, let certificate = view.certificate else {
      // Nothing to renew with: only a ticket helps.
      self = Self()
      return .wait(until: look)
    }
    if known != current {
      // Another identity is in use, of this machine's making or of `fieldgate enroll`'s: what went wrong with the one before
      // is over.
      self = Self()
      known = current
    }
    if let retryAt, now < retryAt { return .wait(until: min(retryAt, look)) }
    if let newest = view.slots.last, newest.number > current { return .perform(step(for: newest)) }
    if let oldest = view.slots.first, oldest.number < current {
      return .perform(confirmed == current ? .remove(oldest.number) : .confirm(current))
    }
    guard wall >= certificate.renewal else {
      // A wall clock that is set while we wait is noticed at the next look.
      return .wait(until: min(look, now + .seconds(max(1, min(certificate.renewal - wall, 60)))))
    }
    return .perform(.makeKey)
  }

  private func step(for candidate: IdentityView.Slot) -> Step {
    guard candidate.hasKey, candidate.number != rejected else { return .remove(candidate.number) }
    guard candidate.certificate != nil else { return .request(candidate.number) }
    return triedOut == candidate.number ? .swap(to: candidate.number) : .tryOut(candidate.number)
  }

  public mutating func succeeded(_ step: Step) {
    retryAt = nil
    switch step {
    case .tryOut(let number): triedOut = number
    case .confirm(let number):
      confirmed = number
      settle()
    case .swap: settle()
    case .remove(let number): if rejected == number { rejected = nil }
    case .makeKey, .request: break
    }
  }

  private mutating func settle() {
    failures = 0
    problem = nil
  }

  /// - Parameter jitter: a random number, 0 ..< 1.
  public mutating func failed(
    _ step: Step, _ failure: Failure, _ view: IdentityView, now: MonotonicTime, jitter: Double
  ) {
    problem = failure.text
    if case .rejected = failure, case .tryOut(let number) = step { rejected = number }
    let life = view.certificate?.life ?? 2_592_000
    // 1 minute to 6 hours; certificates that live for minutes only, in trials, allow less.
    let first = max(1, min(60, life / 60))
    let longest = max(first, min(21_600, life / 20))
    let full = min(longest, first << min(failures, 20))
    failures += 1
    var delay = Duration.milliseconds(Int64(Double(full) * 1_000 * (0.5 + jitter / 2)))
    if case .passing(_, let after?) = failure { delay = max(delay, min(after, .seconds(longest))) }
    retryAt = now + delay
  }
}

/// What `fieldgate status` shows of the identity.
public struct RenewalReport: Hashable, Sendable {
  public enum State: String, Sendable {
    case notEnrolled = "not enrolled"
    case valid
    case renewing
    case expired
    /// The wall clock shows a time long before the certificate was made.
    case clockNotSet = "clock not set"
  }

  public var state: State
  public var certificate: IdentityView.Certificate?
  public var problem: String?
  public var retryAt: MonotonicTime?

  public init(state: State, certificate: IdentityView.Certificate?, problem: String?, retryAt: MonotonicTime?) {
    self.state = state
    self.certificate = certificate
    self.problem = problem
    self.retryAt = retryAt
  }
}

extension RenewalMachine {
  /// - Parameter wall: seconds since 1970.
  public func report(_ view: IdentityView, wall: Int64) -> RenewalReport {
    let state: RenewalReport.State =
      if let certificate = view.certificate, let current = view.current {
        if wall < certificate.notBefore - Self.clockTolerance {
          .clockNotSet
        } else if wall >= certificate.notAfter {
          .expired
        } else {
          wall >= certificate.renewal || view.slots.contains { $0.number > current } ? .renewing : .valid
        }
      } else {
        .notEnrolled
      }
    return RenewalReport(state: state, certificate: view.certificate, problem: problem, retryAt: retryAt)
  }
}
