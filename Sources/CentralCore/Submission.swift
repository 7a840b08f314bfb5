public import BatchCodec
public import SyncProtocol
public import Telemetry

/// A batch as it came, with what central's index keeps of it.
public struct ReceivedBatch: Sendable {
  /// A tag's newest reading in the batch.
  public struct News: Hashable, Sendable {
    /// Index into the summary's catalogue.
    public var device: Int
    public var tag: Int
    public var time: Timestamp
    public var reading: Reading
    /// Of a text tag whose reading has a value.
    public var text: String?

    public init(device: Int, tag: Int, time: Timestamp, reading: Reading, text: String? = nil) {
      self.text = text
      self.device = device
      self.tag = tag
      self.time = time
      self.reading = reading
    }
  }

  public var bytes: [UInt8]
  public var summary: BatchSummary
  /// Of the tags whose newest reading no later batch of the same request holds.
  public var news: [News]

  init(bytes: [UInt8], summary: BatchSummary, news: [News] = []) {
    self.bytes = bytes
    self.summary = summary
    self.news = news
  }

  /// A batch that comes alone.
  public init(_ bytes: [UInt8]) throws(CodecError) {
    var reader = BatchSummaryReader()
    self.init(bytes: bytes, summary: try reader.read(bytes[...]))
    var seen = NewestReadings()
    news = try seen.takeNews(of: self)
  }

  public var header: BatchHeader { summary.header }
  public var number: UInt64 { header.number }
  public var firstNumber: UInt64 { header.firstNumber }
  public var checksum: UInt32? { BatchCodec.storedChecksum(bytes[...]) }
  /// What it takes in memory, roughly: its bytes, and the index's entries.
  public var memoryBytes: Int { bytes.count + news.count * 40 + 1_024 }
}

/// The batches of one request, checked and in order.
public struct Submission: Sendable {
  /// Chosen by the caller; comes back with the answer.
  public var identifier: Int
  public var key: LaneKey
  /// At least one; numbers ascend by one.
  public var batches: [ReceivedBatch]
  /// Check sum of the sender's batch before the first, as far as it told it.
  public var after: UInt32?
  /// What was wrong with the batch behind them, when the request held a damaged one.
  public var damage: String?
  /// What the batches take in memory beside their bytes, roughly; a batch of a few bytes may take a thousand times as many.
  public var unpackedBytes = 0

  public init(identifier: Int, key: LaneKey, batches: [ReceivedBatch], after: UInt32? = nil, damage: String? = nil) {
    self.identifier = identifier
    self.key = key
    self.batches = batches
    self.after = after
    self.damage = damage
  }

  /// Of the sender's batch of a number, if the request tells it.
  func checksum(of number: UInt64) -> UInt32? {
    if let first = batches.first, first.firstNumber == number + 1 { return after }
    return batches.first { $0.number == number }?.checksum
  }

  /// For the limit of what waits. A single batch that takes more than the share of a request counts as that.
  public var memoryBytes: Int {
    batches.reduce(min(unpackedBytes, SubmissionReader.maximumUnpackedBytes)) { $0 + $1.memoryBytes }
  }
}

/// What a request is answered with.
public struct IngestAnswer: Hashable, Sendable {
  public var status: Int
  public var body: SyncAnswer
  /// Seconds for the Retry-After header.
  public var retryAfter: Int?
  /// What operators want of the gateway's alarms.
  public var commands: [OperatorCommand] = []

  public init(status: Int, _ body: SyncAnswer, retryAfter: Int? = nil) {
    self.status = status
    self.body = body
    self.retryAfter = retryAfter
  }
}

/// Splits the body of a request into batches and checks each as if it were decoded, so that central never keeps what it
/// cannot read. Values are unpacked only of batches with the newest reading of a tag.
public enum SubmissionReader {
  /// What the batches of a request may take in memory beside their bytes. Batches beyond it are left out, as if the request
  /// ended before them: the sender learns it from the position and sends them again. The first is taken in any case.
  public static let maximumUnpackedBytes = 32 << 20

  /// - Parameter after: what the request says of the batch before its first.
  /// - Returns: the submission, or the answer that refuses the request.
  public static func read(
    _ body: [UInt8], gateway: String, identifier: Int, after: UInt32? = nil
  ) -> Result<Submission, RefusedRequest> {
    var batches: [ReceivedBatch] = []
    var rest = body[...]
    var damage: String?
    var reader = BatchSummaryReader()
    var unpacked = 0
    while !rest.isEmpty {
      guard batches.count < SyncProtocol.maximumBatchesPerRequest else {
        return .failure(.badRequest("more than \(SyncProtocol.maximumBatchesPerRequest) batches in one request"))
      }
      do {
        let (header, length) = try BatchCodec.readHeader(rest)
        let bytes = rest.prefix(length)
        let summary = try reader.read(bytes)
        if let last = batches.last?.header {
          guard header.epoch == last.epoch, header.lane == last.lane else {
            return .failure(.badRequest("batches of several lanes or epochs in one request"))
          }
          guard header.firstNumber == last.number + 1 else {
            return .failure(.badRequest("batch \(header.firstNumber) stands behind batch \(last.number)"))
          }
        }
        let more = unpacked + summary.memoryBytes
        guard batches.isEmpty || more + reader.definitionBytes <= maximumUnpackedBytes else { break }
        unpacked = more
        batches.append(ReceivedBatch(bytes: Array(bytes), summary: summary))
        rest = rest.dropFirst(length)
      } catch {
        damage = "batch \(batches.count + 1) of the request: \(error)"
        break
      }
    }
    guard let first = batches.first?.header else {
      return .failure(damage.map { .badBatch($0) } ?? .badRequest("the request holds no batch"))
    }
    var seen = NewestReadings()
    for index in batches.indices.reversed() {
      do {
        batches[index].news = try seen.takeNews(of: batches[index])
      } catch {
        return .failure(.badBatch("batch \(index + 1) of the request: \(error)"))
      }
    }
    let key = LaneKey(gateway: gateway, epoch: first.epoch, lane: first.lane)
    var submission = Submission(identifier: identifier, key: key, batches: batches, after: after, damage: damage)
    submission.unpackedBytes = unpacked + reader.definitionBytes
    return .success(submission)
  }
}

/// A request that is wrong as a whole.
public enum RefusedRequest: Error, Hashable, Sendable {
  case badRequest(String)
  case badBatch(String)

  public var answer: IngestAnswer {
    switch self {
    case .badRequest(let text):
      IngestAnswer(status: 400, SyncAnswer(position: nil, error: .badRequest, message: text))
    case .badBatch(let text): IngestAnswer(status: 422, SyncAnswer(position: nil, error: .badBatch, message: text))
    }
  }
}
