import BatchCodec
import FoundationEssentials
import JSONText
import Telemetry

/// The daemon's answer to `stored`: a part of a batch.
struct StoredAnswer: Decodable {
  var bytes: Data
  var last: Bool
  var cut: Bool
  var next: String
}

/// Values of one tag that lie in the outbox of this gateway: its daemon hands out the batches, a part at a time, and they are
/// decoded here.
final class OutboxSamples: ReplaySource {
  private let device: String
  private let tag: String
  private let range: Range<Timestamp>
  private let ask: (_ after: String?) throws -> DaemonLine
  private var position: String?
  private var isAtEnd = false
  /// What has come of a batch.
  private var partial: [UInt8] = []
  private var partialIsCut = true
  /// Of frames that are not cut yet. Should they be cut meanwhile, their batch comes instead.
  private var uncut: [ReplaySample] = []
  private var lastBatch: BatchHeader?
  private var unreadable = 0
  private var missing: UInt64 = 0
  private var framesWithoutClock = 0
  private var losses = 0

  /// - Parameters:
  ///   - name: `DEVICE/TAG`.
  ///   - ask: sends the request `stored` with this `after`, and gives the answer.
  init(tag name: String, range: Range<Timestamp>, ask: @escaping (_ after: String?) throws -> DaemonLine) {
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    device = parts.first ?? ""
    tag = parts.count == 2 ? parts[1] : ""
    self.range = range
    self.ask = ask
  }

  func next() throws -> [ReplaySample]? {
    guard !isAtEnd else { return nil }
    while true {
      let line = try ask(position)
      if let end = line.end {
        isAtEnd = true
        framesWithoutClock = end.framesWithoutClock ?? 0
        return uncut
      }
      guard let stored = line.stored else {
        throw ReplayRun.Failure(
          description: "the daemon answered something else; is fieldgate of the same version as fieldgated?")
      }
      position = stored.next
      if stored.cut != partialIsCut { partial.removeAll() }
      partialIsCut = stored.cut
      partial += stored.bytes
      guard stored.last else { continue }
      let bytes = partial
      partial.removeAll()
      // What is not cut is shown once nothing else is left, because it may be cut at any moment.
      if stored.cut {
        uncut.removeAll()
        return bytes.isEmpty ? [] : samples(bytes, isCut: true)
      }
      if !bytes.isEmpty { uncut += samples(bytes, isCut: false) }
    }
  }

  private func samples(_ bytes: [UInt8], isCut: Bool) -> [ReplaySample] {
    guard let batch = try? BatchCodec.decode(bytes[...]),
      case .telemetry(let catalogue, let blocks, let aggregates, let notices) = batch.content
    else {
      unreadable += 1
      return []
    }
    if isCut { follow(batch.header) }
    losses += notices.count
    var found: [ReplaySample] = []
    func place(_ index: Int) -> Int? {
      let definition = catalogue.devices[index]
      return definition.name == device ? definition.tags.firstIndex { $0.name == tag } : nil
    }
    for block in aggregates {
      guard let place = place(block.device) else { continue }
      let definition = catalogue.devices[block.device].tags[place]
      for (row, time) in block.times.enumerated() where range.contains(time) {
        guard let mean = block.columns[place].mean(row: row, type: definition.type) else { continue }
        found.append(ReplaySample(mean: mean, definition, at: time))
      }
    }
    for block in blocks {
      guard let place = place(block.device) else { continue }
      let definition = catalogue.devices[block.device].tags[place]
      for (row, time) in block.times.enumerated() where range.contains(time) {
        let reading = block.columns[place][row]
        guard reading.quality.level != .absent else { continue }
        found.append(ReplaySample(reading, definition, at: time))
      }
    }
    return found
  }

  /// Batches that central confirms while this goes on are deleted before they were read.
  private func follow(_ header: BatchHeader) {
    if let last = lastBatch, last.epoch == header.epoch, header.firstNumber > last.number + 1, !isBounded {
      missing += header.firstNumber - last.number - 1
    }
    lastBatch = header
  }

  /// Then the daemon passes over batches.
  private var isBounded: Bool {
    range.lowerBound.milliseconds > .min || range.upperBound.milliseconds < .max
  }

  var remarks: [String] {
    var remarks: [String] = []
    if missing > 0 { remarks.append("\(missing) batches went to central while this was read: there is a gap") }
    if unreadable > 0 {
      remarks.append(
        "\(unreadable) batches cannot be read: damaged, or delivered while this was read; see: fieldgate outbox")
    }
    if losses > 0 {
      remarks.append("\(losses) loss notices lie among the values: something is missing; see: fieldgate outbox")
    }
    if framesWithoutClock > 0 {
      remarks.append(
        "\(framesWithoutClock) frames are left out: their times are not known until the clock is set (timedatectl)")
    }
    return remarks
  }

  var hintWhenEmpty: String {
    framesWithoutClock > 0
      ? "the times of what is there are not known until the clock is set (timedatectl)"
      : "values leave it once central has them: then use --from-central; see also: fieldgate outbox"
  }
}

/// Keeps the connection for a source, which asks again and again.
private final class DaemonConnection {
  let client: GatewayClient
  init(_ client: consuming GatewayClient) { self.client = client }
}

extension OutboxSamples {
  /// - Throws: when no daemon answers there.
  convenience init(tag: String, range: Range<Timestamp>, socket: String) throws {
    let connection = DaemonConnection(try GatewayClient(socket: socket, json: false) { _ in })
    self.init(tag: tag, range: range) { after in
      try connection.client.send("stored") { json in
        json.member("after", ifPresent: after)
        if range.lowerBound.milliseconds > .min { json.member("from", range.lowerBound.iso8601) }
        if range.upperBound.milliseconds < .max { json.member("to", range.upperBound.iso8601) }
      }
      return try connection.client.answer(timeout: .seconds(60)).line
    }
  }
}
