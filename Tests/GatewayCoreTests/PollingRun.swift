import GatewayCore
import Telemetry
import Testing

/// Drives a poller under virtual time with prepared answers.
struct PollingRun {
  var poller: BusPoller
  var now = MonotonicTime(nanoseconds: 1_000_000_000)
  var wallAtOrigin = Timestamp(milliseconds: 0)
  /// The wall clock when the newest scan began.
  var scanStart: Timestamp?

  init(_ devices: [PolledDevice], seed: UInt64 = 1, learned: [LearnedReads] = []) {
    poller = BusPoller(devices: devices, seed: seed, now: now, learned: learned)
  }

  var wall: Timestamp { wallAtOrigin + (now - .zero) }

  mutating func step() -> BusPoller.Action { poller.next(now: now, wall: wall) }

  /// Runs until a scan is delivered; opens the bus whenever asked, and expects a read for every answer, or none at all.
  mutating func scan(answers: [Result<[UInt16], FieldBusError>]) -> DeviceScan? {
    var left = answers[...]
    scanStart = nil
    for _ in 0..<1_000 {
      switch step() {
      case .open:
        poller.opened(.success(()), now: now)
      case .read:
        if scanStart == nil { scanStart = wall }
        guard let answer = left.popFirst() else {
          Issue.record("a read that was not expected")
          return nil
        }
        now = now + .milliseconds(3)
        poller.answered(answer, now: now)
      case .deliver(let scan, _):
        #expect(left.isEmpty || left.count == answers.count, "not all answers were asked for")
        return scan
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until):
        now = until
      }
    }
    Issue.record("no scan was delivered in 1000 steps")
    return nil
  }
}
