public import Telemetry

/// The requests that read all tags of one device, and where each tag stands in the replies.
///
/// Tags of one table that lie close together share a request where that takes less of the bus's time than two: the
/// partition is the cheapest there is under the ``ReadRules``. No value is ever split over two requests, so it can never be
/// put together from two moments. What the device refused (``LearnedReads``) is not asked for.
public struct ReadPlan: Hashable, Sendable {
  /// A tag's place in a reply.
  public struct Slot: Hashable, Sendable {
    /// Index of the tag in its device.
    public var tag: Int
    /// Of the tag's first entry in the reply.
    public var offset: Int
  }

  /// One request and the tags that its reply answers, in order of their addresses.
  public struct Step: Hashable, Sendable {
    public var request: ReadRequest
    public var slots: [Slot]
  }

  /// In order of table and address; every tag stands in exactly one, or in ``refused``.
  public private(set) var steps: [Step] = []
  /// Tags that the device refuses, with the exception's code.
  public private(set) var refused: [Int: UInt8] = [:]

  public init(
    unit: UInt8, points: [RegisterPoint], rules: ReadRules = ReadRules(), learned: LearnedReads = LearnedReads(),
    pacing: RequestPacing = RequestPacing()
  ) {
    var asked: [Int] = []
    for (tag, point) in points.enumerated() {
      if let refusal = learned.refusals[LearnedReads.Place(point)] {
        refused[tag] = refusal.exception
      } else {
        asked.append(tag)
      }
    }
    for table in RegisterTable.allCases {
      let tags = asked.filter { points[$0].table == table }
      steps += Self.partition(tags, points, table: table, rules: rules, learned: learned).map {
        Self.step($0, points, unit: unit, pacing: pacing)
      }
    }
  }

  /// The read of some tags of one table in one request.
  ///
  /// - Parameter tags: in order of their addresses, at least one.
  static func step(_ tags: [Int], _ points: [RegisterPoint], unit: UInt8, pacing: RequestPacing) -> Step {
    let first = points[tags[0]]
    let end = tags.reduce(0) { max($0, points[$1].end) }
    let request = ReadRequest(
      unit: unit, table: first.table, address: first.address, count: end - Int(first.address), pacing: pacing)
    return Step(request: request, slots: tags.map { Slot(tag: $0, offset: Int(points[$0].address - first.address)) })
  }

  /// Estimate of the bus's time for one scan.
  public func time(_ rules: ReadRules) -> Duration {
    steps.reduce(.zero) { $0 + rules.time($1.request.table, entries: $1.request.count) }
  }
}

extension RegisterPoint {
  /// Behind its last entry; beyond 65536 for a value that runs past the last address.
  var end: Int { Int(address) + entryCount }
}
