import SyncProtocol
public import Telemetry

/// Decides which batches go into the next commit and what each request is answered. Pure: no store, no sockets, no clock.
///
/// Requests of many gateways share a commit. Within a lane, batches are committed in the order of their numbers without a
/// gap; a request that overtook its predecessor on another connection waits a moment for it. What central has already is
/// acknowledged and not stored again. After a commit that failed, its outcome is unknown: the positions it touched are
/// forgotten and must be read from the store before anything else is decided about those lanes.
public struct IngestMachine: Sendable {
  /// Memory that what waits may take, decoded; beyond, requests are refused with 503.
  public static let maximumQueuedBytes = 64 << 20
  public static let maximumQueuedRequests = 1_024
  /// What one commit may take, so that an answer does not wait for all of a long queue.
  public static let maximumCommitBytes = 16 << 20
  /// How long a request waits for the one before it.
  public static let patience = Duration.seconds(2)

  /// Batches that one transaction is to store: in the order in which they are to be applied.
  public struct Group: Sendable {
    public var batches: [(key: LaneKey, batch: ReceivedBatch)] = []
    /// Where the lanes stand after the commit.
    public var heads: [LaneKey: LaneHead] = [:]
    var requests: [Waiting] = []

    public init() {}
  }

  struct Waiting: Sendable {
    var submission: Submission
    var arrived: MonotonicTime
  }

  public struct Counters: Hashable, Sendable {
    public var batchesCommitted = 0
    public var batchesDuplicate = 0
    public var commits = 0
    public var commitsFailed = 0
    public var gaps = 0
    /// Requests that repeated a number with other content.
    public var disputes = 0
    public var refusedBusy = 0
    public var damagedRequests = 0

    public init() {}
  }

  private var queue: [Waiting] = []
  public private(set) var queuedBytes = 0
  private var heads: [LaneKey: LaneHead] = [:]
  private var answers: [(identifier: Int, answer: IngestAnswer)] = []
  public private(set) var counters = Counters()

  public init() {}

  public var queuedRequests: Int { queue.count }

  /// Lanes whose position must be read from the store before ``nextGroup(now:)`` can do anything for them.
  public var unknownLanes: Set<LaneKey> { Set(queue.lazy.map(\.submission.key).filter { heads[$0] == nil }) }

  /// Where a lane stands in the store.
  public mutating func learned(_ key: LaneKey, _ head: LaneHead) { heads[key] = head }

  public mutating func submit(_ submission: Submission, now: MonotonicTime) {
    let bytes = submission.memoryBytes
    guard queue.count < Self.maximumQueuedRequests, queuedBytes + bytes <= Self.maximumQueuedBytes else {
      counters.refusedBusy += 1
      let body = SyncAnswer(position: nil, error: .busy, message: "central's queue is full; try again in a moment")
      answers.append((submission.identifier, IngestAnswer(status: 503, body, retryAfter: 2)))
      return
    }
    queuedBytes += bytes
    queue.append(Waiting(submission: submission, arrived: now))
  }

  /// Answers that are due; each is given once.
  public mutating func takeAnswers() -> [(identifier: Int, answer: IngestAnswer)] {
    defer { answers.removeAll() }
    return answers
  }

  /// When something is due although nothing arrives.
  public var deadline: MonotonicTime {
    queue.lazy.map { $0.arrived + Self.patience }.min() ?? .never
  }

  /// The next commit, or nil when nothing can be committed now. Answers what needs no commit.
  public mutating func nextGroup(now: MonotonicTime) -> Group? {
    var group = Group()
    var bytes = 0
    var progressed = true
    // Each pass may make another request the next of its lane; a pass that takes none ends it.
    while progressed {
      progressed = false
      var kept: [Waiting] = []
      for waiting in queue {
        let key = waiting.submission.key
        guard let known = heads[key], bytes < Self.maximumCommitBytes else {
          kept.append(waiting)
          continue
        }
        let head = group.heads[key] ?? known
        let position = head.position
        guard let first = waiting.submission.batches.first?.firstNumber, first <= position + 1 else {
          kept.append(waiting)
          continue
        }
        if let theirs = waiting.submission.checksum(of: position), let ours = head.checksum, theirs != ours {
          // What this group is about to store can be told to nobody before it is committed.
          guard group.heads[key] == nil else {
            kept.append(waiting)
            continue
          }
          dispute(waiting, head)
          continue
        }
        progressed = true
        let new = waiting.submission.batches.filter { $0.number > position }
        counters.batchesDuplicate += waiting.submission.batches.count - new.count
        for batch in new { group.batches.append((key, batch)) }
        if let last = new.last { group.heads[key] = LaneHead(position: last.number, checksum: last.checksum) }
        bytes += new.reduce(0) { $0 + $1.bytes.count }
        group.requests.append(waiting)
      }
      queue = kept
    }
    expire(now: now)
    queuedBytes = queue.reduce(0) { $0 + $1.submission.memoryBytes }
    guard !group.batches.isEmpty else {
      answer(group)
      return nil
    }
    return group
  }

  /// The store has committed the group.
  public mutating func committed(_ group: Group) {
    counters.commits += 1
    counters.batchesCommitted += group.batches.count
    for (key, head) in group.heads { heads[key] = head }
    answer(group)
  }

  /// The commit failed, or nobody knows whether it did.
  public mutating func failed(_ group: Group, _ text: String) {
    counters.commitsFailed += 1
    for key in group.heads.keys { heads[key] = nil }
    for waiting in group.requests {
      let body = SyncAnswer(position: nil, error: .storage, message: "central could not store the batches: \(text)")
      answers.append((waiting.submission.identifier, IngestAnswer(status: 500, body, retryAfter: 5)))
    }
  }

  private mutating func answer(_ group: Group) {
    for waiting in group.requests {
      let head = heads[waiting.submission.key]
      let position = head?.position
      guard let damage = waiting.submission.damage else {
        let body = SyncAnswer(position: position, at: position, checksum: head?.checksum)
        answers.append((waiting.submission.identifier, IngestAnswer(status: 200, body)))
        continue
      }
      counters.damagedRequests += 1
      let body = SyncAnswer(position: position, error: .badBatch, message: damage)
      answers.append((waiting.submission.identifier, IngestAnswer(status: 422, body)))
    }
  }

  /// Another store has used these numbers: a copy of the gateway is at work. Nothing behind them is taken, or the sender
  /// would believe that central has all of its batches through the newest. It sees the difference from the check sum.
  private mutating func dispute(_ waiting: Waiting, _ head: LaneHead) {
    counters.disputes += 1
    let body = SyncAnswer(position: head.position, at: head.position, checksum: head.checksum)
    answers.append((waiting.submission.identifier, IngestAnswer(status: 200, body)))
  }

  /// Requests whose predecessor did not come in time.
  private mutating func expire(now: MonotonicTime) {
    var kept: [Waiting] = []
    for waiting in queue {
      guard waiting.arrived + Self.patience <= now else {
        kept.append(waiting)
        continue
      }
      guard let position = heads[waiting.submission.key]?.position else {
        // Whoever waits for a store that cannot be read would wait for ever, and central's loop with it.
        let body = SyncAnswer(position: nil, error: .storage, message: "central cannot read this lane's position")
        answers.append((waiting.submission.identifier, IngestAnswer(status: 500, body, retryAfter: 5)))
        continue
      }
      let first = waiting.submission.batches.first?.firstNumber ?? 0
      guard first > position + 1 else {
        kept.append(waiting)
        continue
      }
      counters.gaps += 1
      let text = "batch \(first) came, but batch \(position + 1) is the next"
      let body = SyncAnswer(position: position, error: .gap, message: text)
      answers.append((waiting.submission.identifier, IngestAnswer(status: 409, body)))
    }
    queue = kept
  }
}
