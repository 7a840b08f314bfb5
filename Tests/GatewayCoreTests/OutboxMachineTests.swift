import GatewayCore
import Telemetry
import Testing

@Suite("When the outbox commits and cuts")
struct OutboxMachineTests {
  let start = MonotonicTime(nanoseconds: 1_000_000_000)

  private func machine(_ policy: OutboxPolicy = OutboxPolicy()) -> OutboxMachine { OutboxMachine(policy: policy) }

  private let wall = Timestamp(milliseconds: 1_800_000_000_000)
  /// What the store held last: decisions about room rest on it, and here there is always room.
  private var empty: OutboxState { OutboxState(epoch: Epoch(high: 0, low: 1)) }

  private func state(frames: Int = 0, samples: Int = 0, lane: Lane = .telemetry) -> OutboxState {
    var state = OutboxState(epoch: Epoch(high: 0, low: 1))
    var held = OutboxState.Frames()
    held.count = frames
    held.samples = samples
    state.frames[lane] = held
    return state
  }

  @Test("Without anything that waits, nothing is ever due")
  func idle() {
    var machine = machine()
    #expect(machine.deadline == .never && machine.decide(empty, wall: wall, now: start + .seconds(1_000_000)) == nil)
    // What central has is deleted soon, even if nothing else is to be committed.
    machine.confirmationArrived(now: start)
    #expect(machine.deadline == start + .seconds(5))
  }

  @Test("Samples are committed when the oldest has waited for the flush interval")
  func flush() {
    var machine = machine(OutboxPolicy(flushInterval: .milliseconds(700)))
    machine.appended(samples: 10, now: start)
    machine.appended(samples: 10, now: start + .milliseconds(600))
    #expect(machine.deadline == start + .milliseconds(700))
    #expect(machine.decide(empty, wall: wall, now: start + .milliseconds(699)) == nil)
    #expect(machine.decide(empty, wall: wall, now: start + .milliseconds(700))?.cut == [])
    machine.committed(state(frames: 1, samples: 20), wall: wall, now: start + .milliseconds(700))
    #expect(machine.deadline > start + .seconds(5))
  }

  @Test("An alarm is committed and cut at once")
  func alarms() {
    var machine = machine()
    machine.alarmAppended()
    #expect(machine.decide(empty, wall: wall, now: start)?.cut == [.alarms])
    machine.committed(state(), wall: wall, now: start)
    #expect(machine.decide(empty, wall: wall, now: start) == nil)
  }

  @Test("A full frame is committed at once")
  func fullFrame() {
    var machine = machine()
    machine.appended(samples: OutboxPolicy.maximumFrameSamples, now: start)
    #expect(machine.decide(empty, wall: wall, now: start) != nil)
  }

  @Test("A batch is cut at the age of its oldest frame, later while central is away, and at once when it is full")
  func cutting() {
    var machine = machine(OutboxPolicy(batchInterval: .seconds(10), offlineBatchInterval: .seconds(60)))
    machine.committed(state(frames: 1, samples: 10), wall: wall, now: start)
    machine.committed(state(frames: 2, samples: 20), wall: wall, now: start + .seconds(1))
    #expect(machine.deadline == start + .seconds(60))
    machine.centralChanged(isOnline: true)
    #expect(machine.deadline == start + .seconds(10))
    #expect(machine.decide(empty, wall: wall, now: start + .seconds(10))?.cut == [.telemetry])
    machine.centralChanged(isOnline: false)
    machine.committed(
      state(frames: 9, samples: OutboxPolicy.maximumBatchSamples), wall: wall, now: start + .seconds(11))
    #expect(machine.decide(empty, wall: wall, now: start + .seconds(11))?.cut == [.telemetry])
    // What is left after a cut begins to age anew.
    machine.cut(.telemetry, now: start + .seconds(11))
    machine.committed(state(frames: 1, samples: 5), wall: wall, now: start + .seconds(11))
    #expect(machine.deadline == start + .seconds(71))
    machine.committed(state(), wall: wall, now: start + .seconds(12))
    #expect(machine.deadline == .never)
  }

  @Test("After a failure it tries again after 200 ms, doubling to 10 s, and a success starts anew")
  func failures() {
    var machine = machine()
    machine.appended(samples: 1, now: start)
    var now = start + .seconds(1)
    var waits: [Int64] = []
    for _ in 0..<8 {
      #expect(machine.decide(empty, wall: wall, now: now) != nil)
      machine.failed(now: now)
      #expect(machine.isFailing && machine.decide(empty, wall: wall, now: now) == nil)
      waits.append((machine.deadline - now).wholeMilliseconds)
      now = machine.deadline
    }
    #expect(waits == [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
    machine.alarmAppended()
    #expect(machine.decide(empty, wall: wall, now: now)?.cut == [.alarms])
    machine.committed(state(), wall: wall, now: now)
    #expect(!machine.isFailing)
    machine.appended(samples: 1, now: now)
    machine.failed(now: now)
    #expect(machine.deadline == now + .seconds(1))
  }

  @Test("A store that is closed is opened soon though nothing waits: what it holds is for central")
  func closed() {
    var machine = machine()
    machine.committed(state(), wall: wall, now: start)
    #expect(machine.deadline == .never)
    machine.failed(now: start)
    machine.isStoreOpen = false
    #expect(machine.deadline == start + .milliseconds(200))
    machine.isStoreOpen = true
    #expect(machine.deadline == .never)
  }

  @Test("Memory has room for as many samples as the policy says, and again after a commit")
  func room() {
    var machine = machine()
    machine.appended(samples: OutboxPolicy.maximumHeldSamples - 1, now: start)
    #expect(machine.hasRoom)
    machine.appended(samples: 1, now: start)
    #expect(!machine.hasRoom)
    machine.failed(now: start)
    #expect(!machine.hasRoom)
    machine.committed(state(), wall: wall, now: start)
    #expect(machine.hasRoom)
  }
}
