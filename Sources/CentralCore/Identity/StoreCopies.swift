public import Telemetry

/// The times of the samples that one store (epoch) of a gateway has sent.
public struct EpochSpan: Hashable, Sendable {
  public var epoch: Epoch
  public var first: Timestamp
  public var last: Timestamp

  public init(epoch: Epoch, first: Timestamp, last: Timestamp) {
    self.epoch = epoch
    self.first = first
    self.last = last
  }
}

/// Two stores that measured at one time under one name: a copied card, or two boxes with one identity.
///
/// A store that was restored, or begun anew after damage, follows the one before it: their samples do not overlap, whenever
/// they arrive.
public struct StoreCopies: Hashable, Sendable {
  public var first: EpochSpan
  public var second: EpochSpan

  /// The time in which both measured.
  public var from: Timestamp { max(first.first, second.first) }
  public var to: Timestamp { min(first.last, second.last) }

  /// Shorter overlaps come from clocks that were set.
  public static let least = Duration.seconds(60)

  /// Every pair, the latest first.
  public static func find(_ spans: [EpochSpan]) -> [StoreCopies] {
    let ordered = spans.sorted { ($0.first, $0.epoch.description) < ($1.first, $1.epoch.description) }
    var found: [StoreCopies] = []
    for (index, span) in ordered.enumerated() {
      for other in ordered[(index + 1)...] {
        let pair = StoreCopies(first: span, second: other)
        if pair.to - pair.from >= least { found.append(pair) }
      }
    }
    return found.sorted { $0.to > $1.to }
  }
}

/// A gateway as the operator of a fleet sees it: what central's identity store and its store of samples know of it.
public struct FleetMember: Hashable, Sendable {
  public var record: GatewayRecord
  /// When it last sent something; nil: never.
  public var lastSeen: Timestamp?
  public var copies: [StoreCopies]

  /// Copies whose common time ended longer ago are past.
  public static let copyIsNews = Duration.seconds(7 * 86_400)

  public init(record: GatewayRecord, lastSeen: Timestamp?, copies: [StoreCopies]) {
    self.record = record
    self.lastSeen = lastSeen
    self.copies = copies
  }

  /// What an operator should know, a sentence each.
  public func notes(now: Timestamp) -> [String] {
    var notes: [String] = []
    if let copy = copies.first, now - copy.to < Self.copyIsNews {
      notes.append(
        "two stores measured under this name from \(copy.from.iso8601) to \(copy.to.iso8601) (epochs \(copy.first.epoch) and "
          + "\(copy.second.epoch)): a copied card, or two boxes with one identity. Nothing is mixed; give one of them a "
          + "name and a ticket of its own")
    }
    if let late = record.renewedLate { notes.append("its certificate was renewed after its end, at \(late.iso8601)") }
    if let current = record.certificates.first(where: { $0.standing == .current }), record.standing == .allowed,
      current.notAfter <= now.milliseconds / 1_000
    {
      notes.append(
        "its certificate has ended: it comes back where late renewal is open for its site, or with a new ticket")
    }
    return notes
  }
}
