import CentralCore
import SampleTelemetry
import SyncProtocol
import Telemetry
import Testing

@Suite("The ingest machine")
struct IngestMachineTests {
  let key = BatchFactory.key()
  let start = MonotonicTime(nanoseconds: 1_000_000_000)

  private func machine(position: UInt64 = 0) -> IngestMachine {
    var machine = IngestMachine()
    machine.learned(key, LaneHead(position: position, checksum: nil))
    return machine
  }

  @Test("Batches behind the position are committed in order and answered with the new position")
  func ordinary() throws {
    var machine = machine(position: 4)
    machine.submit(try BatchFactory.submission(1, key, 5...7), now: start)
    let group = try machine.group(start)
    #expect(group.batches.map(\.batch.number) == [5, 6, 7])
    #expect(machine.takeAnswers().isEmpty)
    machine.committed(group)
    #expect(
      machine.takeAnswers().map(\.answer) == [
        IngestAnswer(status: 200, SyncAnswer(position: 7, at: 7, checksum: try BatchFactory.batch(key, 7).checksum))
      ])
    #expect(machine.counters.batchesCommitted == 3)
  }

  @Test("What is there already is acknowledged without a commit")
  func duplicates() throws {
    var machine = machine(position: 7)
    machine.submit(try BatchFactory.submission(1, key, 5...7), now: start)
    #expect(machine.nextGroup(now: start) == nil)
    #expect(
      machine.takeAnswers().map(\.answer) == [IngestAnswer(status: 200, SyncAnswer(position: 7, at: 7, checksum: nil))])
  }

  @Test("A request that overlaps is committed from where the lane stands")
  func overlap() throws {
    var machine = machine(position: 5)
    machine.submit(try BatchFactory.submission(1, key, 4...8), now: start)
    let group = try machine.group(start)
    #expect(group.batches.map(\.batch.number) == [6, 7, 8])
    #expect(machine.counters.batchesDuplicate == 2)
  }

  @Test(
    "Nothing is taken behind a number that has other content here: the answer shows which, and only once it is stored")
  func disputes() throws {
    // A copy of the gateway filled number 5; the original's requests repeat it, name it, or know nothing of it.
    let (theirs, ours) = (try BatchFactory.batch(key, 5, value: 500), try BatchFactory.batch(key, 5))
    var repeating = try BatchFactory.submission(1, key, 5...6)
    repeating.batches[0] = theirs
    var naming = try BatchFactory.submission(1, key, 6...6)
    naming.after = theirs.checksum
    for (request, isTaken) in [
      (repeating, false), (naming, false), (try BatchFactory.submission(1, key, 5...6), true),
      (try BatchFactory.submission(1, key, 6...6), true),
    ] {
      var machine = IngestMachine()
      machine.learned(key, LaneHead(position: 4, checksum: nil))
      machine.submit(Submission(identifier: 9, key: key, batches: [ours]), now: start)
      machine.submit(request, now: start)
      let group = try machine.group(start)
      #expect(group.batches.map(\.batch.number) == (isTaken ? [5, 6] : [5]))
      #expect(machine.takeAnswers().isEmpty)
      machine.committed(group)
      #expect(machine.nextGroup(now: start) == nil)
      let answer = machine.takeAnswers().first { $0.identifier == 1 }?.answer
      #expect(answer?.status == 200 && answer?.body.position == (isTaken ? 6 : 5))
      #expect(isTaken || answer?.body.checksum == ours.checksum)
      #expect(machine.counters.disputes == (isTaken ? 0 : 1) && machine.queuedRequests == 0)
    }
  }

  @Test("A request that overtook its predecessor waits for it, and both go into one commit")
  func overtaking() throws {
    var machine = machine()
    machine.submit(try BatchFactory.submission(2, key, 3...4), now: start)
    #expect(machine.nextGroup(now: start) == nil)
    #expect(machine.takeAnswers().isEmpty)
    machine.submit(try BatchFactory.submission(1, key, 1...2), now: start + .milliseconds(500))
    let group = try machine.group(start + .milliseconds(500))
    #expect(group.batches.map(\.batch.number) == [1, 2, 3, 4])
    machine.committed(group)
    #expect(Set(machine.takeAnswers().map(\.identifier)) == [1, 2])
  }

  @Test("Without its predecessor it is answered with the gap after two seconds")
  func gap() throws {
    var machine = machine(position: 1)
    machine.submit(try BatchFactory.submission(1, key, 3...4), now: start)
    #expect(machine.nextGroup(now: start + .milliseconds(1_999)) == nil)
    #expect(machine.takeAnswers().isEmpty)
    #expect(machine.deadline == start + .seconds(2))
    #expect(machine.nextGroup(now: start + .seconds(2)) == nil)
    let answer = try machine.firstAnswer()
    #expect(answer.status == 409 && answer.body.error == .gap && answer.body.position == 1)
    #expect(machine.queuedRequests == 0 && machine.queuedBytes == 0)
  }

  @Test("Requests of several gateways and lanes share a commit")
  func sharing() throws {
    let keys = [key, BatchFactory.key("mill"), BatchFactory.key(lane: .alarms), BatchFactory.key(epoch: 2)]
    var machine = IngestMachine()
    for (index, key) in keys.enumerated() {
      machine.learned(key, LaneHead(position: 0, checksum: nil))
      machine.submit(try BatchFactory.submission(index, key, 1...1), now: start)
    }
    let group = try machine.group(start)
    #expect(group.batches.map(\.key) == keys)
    #expect(group.heads.count == 4)
  }

  @Test("A lane whose position is not known waits until it is learned")
  func unknown() throws {
    var machine = IngestMachine()
    machine.submit(try BatchFactory.submission(1, key, 1...1), now: start)
    #expect(machine.unknownLanes == [key])
    #expect(machine.nextGroup(now: start + .seconds(1)) == nil && machine.takeAnswers().isEmpty)
    machine.learned(key, LaneHead(position: 0, checksum: nil))
    #expect(machine.nextGroup(now: start + .seconds(1)) != nil)
  }

  @Test("A store whose position cannot be read is answered as such after two seconds, and nothing waits for ever")
  func unreadable() throws {
    var machine = IngestMachine()
    machine.submit(try BatchFactory.submission(1, key, 1...1), now: start)
    #expect(machine.nextGroup(now: start + .seconds(2)) == nil)
    let answer = try machine.firstAnswer()
    #expect(answer.status == 500 && answer.body.error == .storage)
    #expect(machine.deadline == .never && machine.queuedRequests == 0)
  }

  @Test("After a failed commit the answer is 500 and the position is learned anew")
  func failure() throws {
    var machine = machine()
    machine.submit(try BatchFactory.submission(1, key, 1...2), now: start)
    let group = try machine.group(start)
    machine.failed(group, "disk full")
    let answer = try machine.firstAnswer()
    #expect(answer.status == 500 && answer.body.error == .storage && answer.body.position == nil)
    machine.submit(try BatchFactory.submission(2, key, 1...2), now: start)
    #expect(machine.unknownLanes == [key])
    // The commit had taken effect after all.
    machine.learned(key, LaneHead(position: 2, checksum: nil))
    #expect(machine.nextGroup(now: start) == nil)
    #expect(machine.takeAnswers().first?.answer.body.position == 2)
  }

  @Test("Beyond its bounds the queue refuses with 503")
  func bounds() throws {
    var machine = IngestMachine()
    let submission = try BatchFactory.submission(1, key, 1...1)
    for _ in 0..<IngestMachine.maximumQueuedRequests { machine.submit(submission, now: start) }
    #expect(machine.takeAnswers().isEmpty)
    machine.submit(submission, now: start)
    let answer = try machine.firstAnswer()
    #expect(answer.status == 503 && answer.body.error == .busy && answer.retryAfter == 2)
  }

  @Test("A request with a damaged batch is committed up to it and answered 422 with the position")
  func damaged() throws {
    var body = try BatchFactory.bytes(key, 1) + BatchFactory.bytes(key, 2)
    body[body.count - 10] ^= 1
    let submission = try SubmissionReader.read(body, gateway: "barn", identifier: 9).get()
    #expect(submission.batches.map(\.number) == [1] && submission.damage != nil)
    var machine = machine()
    machine.submit(submission, now: start)
    machine.committed(try machine.group(start))
    let answer = try machine.firstAnswer()
    #expect(answer.status == 422 && answer.body.error == .badBatch && answer.body.position == 1)
  }

  @Test("Requests that are wrong as a whole are refused with the reason")
  func wrongRequests() throws {
    let other = BatchFactory.key(lane: .alarms)
    let mixed = try BatchFactory.bytes(key, 1) + BatchFactory.bytes(other, 2)
    let jump = try BatchFactory.bytes(key, 1) + BatchFactory.bytes(key, 3)
    let many = try (1...65).flatMap { try BatchFactory.bytes(key, $0) }
    for (body, status) in [([], 400), (mixed, 400), (jump, 400), (many, 400), (Array("nonsense".utf8), 422)] {
      guard case .failure(let refusal) = SubmissionReader.read(body, gateway: "barn", identifier: 1) else {
        Issue.record("\(body.count) bytes were taken")
        continue
      }
      #expect(refusal.answer.status == status)
      #expect(refusal.answer.body.message?.isEmpty == false)
    }
  }
}

extension Optional where Wrapped == IngestMachine.Group {
  static func == (left: Self, right: _OptionalNilComparisonType) -> Bool {
    if case .none = left { true } else { false }
  }

  static func != (left: Self, right: _OptionalNilComparisonType) -> Bool { !(left == right) }
}

/// The macros of Swift Testing take no mutating calls.
extension IngestMachine {
  struct Nothing: Error {}

  fileprivate mutating func group(_ now: MonotonicTime) throws -> Group {
    guard let group = nextGroup(now: now) else { throw Nothing() }
    return group
  }

  fileprivate mutating func firstAnswer() throws -> IngestAnswer {
    guard let first = takeAnswers().first else { throw Nothing() }
    return first.answer
  }
}
