import CentralCore
import GatewayCore
import SyncProtocol
import Telemetry

/// The network between gateways and central: slow, lossy, doubling, or gone.
final class SimulatedLink {
  private let time: VirtualTime
  private let history: History
  private let central: SimulatedCentral
  private var random: SeededRandom
  private let scenario: Scenario
  /// Gateways that cannot reach central now.
  var cut: Set<String> = []
  var hasFaults = true

  /// As the gateway's own HTTP client has it for a connection without progress.
  static let timeout = Duration.seconds(30)

  init(seed: UInt64, scenario: Scenario, time: VirtualTime, history: History, central: SimulatedCentral) {
    self.time = time
    self.history = history
    self.central = central
    self.scenario = scenario
    random = SeededRandom(seed: seed)
  }

  private func happens(_ fault: Scenario.Fault) -> Bool {
    guard hasFaults, let rate = scenario.rates[fault], random.chance(rate) else { return false }
    history.count(fault)
    return true
  }

  func send(_ request: HTTPRequest, from gateway: String, _ answer: @escaping (HTTPResult) -> Void) {
    var isAnswered = false
    func end(_ outcome: HTTPResult.Outcome, after delay: Duration) {
      time.after(delay) {
        guard !isAnswered else { return }
        isAnswered = true
        answer(HTTPResult(identifier: request.identifier, outcome: outcome))
      }
    }
    guard !cut.contains(gateway), central.isRunning else {
      return end(.failed("no route to central"), after: random.milliseconds(1...3_000))
    }
    if happens(.linkLoss) { return end(.failed("timed out"), after: Self.timeout) }
    // Central sees a body that is shorter than announced, and throws it away.
    if happens(.cutRequest) { return end(.failed("connection reset"), after: random.milliseconds(10...2_000)) }
    end(.failed("timed out"), after: Self.timeout)
    let isDoubled = happens(.duplicateRequest)
    let losesAnswer = happens(.answerLoss)
    let isLate = happens(.slowAnswer)
    func arrive(isSecond: Bool) {
      let life = central.life
      deliver(request, gateway) { [self] result in
        guard !isSecond, !losesAnswer, central.life == life else { return }
        var delay = random.milliseconds(2...150)
        if isLate { delay = Self.timeout + random.seconds(1...20) }
        // The link may go while the answer travels.
        time.after(delay) { [self] in
          guard !cut.contains(gateway) else { return }
          end(result, after: .zero)
        }
      }
    }
    time.after(random.milliseconds(2...150)) { arrive(isSecond: false) }
    if isDoubled { time.after(random.milliseconds(5...4_000)) { arrive(isSecond: true) } }
  }

  private func deliver(
    _ request: HTTPRequest, _ gateway: String, _ answer: @escaping (HTTPResult.Outcome) -> Void
  ) {
    func take(_ reply: IngestAnswer) {
      answer(
        .answered(
          status: reply.status, body: reply.json, retryAfter: reply.retryAfter.map { .seconds($0) }))
    }
    let parts = request.path.split(separator: "?")
    guard request.method == .get else {
      let after = parts.count > 1 ? UInt32(parts[1].dropFirst("after=".count)) : nil
      return central.post(request.body, after: after, gateway: gateway, take)
    }
    let words = parts[0].split(separator: "/")
    guard words.count == 4, let epoch = Epoch(text: words[2]), let lane = Lane(name: words[3]) else { return }
    let at = parts.count > 1 ? UInt64(parts[1].dropFirst("at=".count)) : nil
    central.position(LaneKey(gateway: gateway, epoch: epoch, lane: lane), at: at, take)
  }
}
