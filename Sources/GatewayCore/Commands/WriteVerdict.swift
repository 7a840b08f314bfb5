import Telemetry

/// What became of one write, from what the bus saw of it.
struct WriteVerdict: Hashable, Sendable {
  var outcome: CommandOutcome
  var refusal: CommandRefusal?
  var isVerified = false
  /// One sentence, without its full stop.
  var message: String

  init(_ outcome: CommandOutcome, _ refusal: CommandRefusal? = nil, isVerified: Bool = false, _ message: String) {
    self.outcome = outcome
    self.refusal = refusal
    self.isVerified = isVerified
    self.message = message
  }

  init(_ result: BusJobResult.Outcome, _ request: WriteRequest) {
    switch result {
    case .write(let trace): self.init(trace, request)
    case .expired(nil): self.init(.expired, nil, "its time was over before the bus had time for it")
    case .expired(let fault?): self.init(.refused, .busDown, fault.detail)
    case .queueFull: self.init(.refused, .tooMany, "too many commands wait for this bus; send them more slowly")
    case .failed(let error): self.init(.refused, error.isBusDown ? .busDown : .noAnswer, error.detail)
    case .read, .reply: self.init(.unknown, nil, "the bus answered something else")
    }
  }

  private init(_ trace: WriteTrace, _ request: WriteRequest) {
    switch trace.result {
    case .expired: self.init(.expired, nil, "its time was over before it could be sent")
    case .refused(let error): self.init(.refused, .device, error.detail)
    case .notSent(let error): self.init(.refused, error.isBusDown ? .busDown : .noAnswer, error.detail)
    case .acknowledged: self.init(trace, request, lost: nil)
    case .unknown(let error): self.init(trace, request, lost: error.detail)
    }
  }

  /// It left, with or without an answer.
  private init(_ trace: WriteTrace, _ request: WriteRequest, lost: String?) {
    guard let new = trace.new else {
      let why = trace.readBackError?.detail ?? "it cannot be read back"
      if let lost {
        self.init(.unknown, nil, "\(lost); and reading back failed: \(why)")
      } else {
        self.init(.done, nil, "the device acknowledged it, but it could not be read back: \(why)")
      }
      return
    }
    if request.isFulfilled(by: new) {
      self.init(
        .done, nil, isVerified: true, lost == nil ? "read back" : "its reply was lost, but the device holds the value")
    } else {
      let cause = lost.map { "no valid reply came (\($0))" } ?? "the device acknowledged it"
      self.init(.mismatch, nil, isVerified: true, "\(cause), but it holds another value")
    }
  }
}
