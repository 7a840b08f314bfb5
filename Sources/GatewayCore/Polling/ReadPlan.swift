public import Telemetry

/// The requests that read all tags of one device, and where each tag stands in the replies.
///
/// Points of one table that lie close together share a request, because on a serial line a request costs more than the
/// registers between them: at 19200 baud an exchange has about 9 ms of framing and silence, a register 1 ms. No value is
/// ever split over two requests, so it can never be put together from two moments.
public struct ReadPlan: Hashable, Sendable {
  /// A tag's place in a reply.
  public struct Slot: Hashable, Sendable {
    /// Index of the tag in its device.
    public var tag: Int
    /// Of the tag's first entry in the reply.
    public var offset: Int
  }

  /// One request and the tags that its reply answers.
  public struct Step: Hashable, Sendable {
    public var request: ReadRequest
    public var slots: [Slot]
  }

  /// Most unused registers between two values of one request.
  public static let largestRegisterGap = 8
  /// Most unused bits between two values of one request: 64 bits are 8 bytes.
  public static let largestBitGap = 64

  /// In order of table and address; every tag stands in exactly one.
  public private(set) var steps: [Step]

  public init(unit: UInt8, points: [RegisterPoint]) {
    steps = Self.merge(unit: unit, tags: Array(points.indices), points: points) { point in
      point.table.isBits ? Self.largestBitGap : Self.largestRegisterGap
    }
  }

  /// Replaces a step by as many as it takes to ask for no entry that no tag needs.
  ///
  /// Some devices refuse a read that touches an address they do not have, even if only between two wanted values.
  ///
  /// - Parameter points: the same as at the start.
  /// - Returns: false, with nothing changed, when the step has no gap.
  public mutating func splitAtGaps(step index: Int, points: [RegisterPoint]) -> Bool {
    let step = steps[index]
    let parts = Self.merge(unit: step.request.unit, tags: step.slots.map(\.tag), points: points) { _ in 0 }
    guard parts.count > 1 else { return false }
    steps.replaceSubrange(index...index, with: parts)
    return true
  }

  private static func merge(
    unit: UInt8, tags: [Int], points: [RegisterPoint], largestGap: (RegisterPoint) -> Int
  ) -> [Step] {
    let sorted = tags.sorted { left, right in
      let (first, second) = (points[left], points[right])
      return (first.table.rawValue, first.address, first.entryCount, left)
        < (second.table.rawValue, second.address, second.entryCount, right)
    }
    var steps: [Step] = []
    for tag in sorted {
      let point = points[tag]
      if let request = steps.last?.request, let length = length(of: request, with: point, largestGap: largestGap(point))
      {
        steps[steps.count - 1].request.count = length
        steps[steps.count - 1].slots.append(Slot(tag: tag, offset: Int(point.address) - Int(request.address)))
        continue
      }
      let request = ReadRequest(unit: unit, table: point.table, address: point.address, count: point.entryCount)
      steps.append(Step(request: request, slots: [Slot(tag: tag, offset: 0)]))
    }
    return steps
  }
  /// Entries of the request when it also covers the point, which does not begin before it; nil when it should not.
  private static func length(of request: ReadRequest, with point: RegisterPoint, largestGap: Int) -> Int? {
    guard request.table == point.table else { return nil }
    let first = Int(request.address)
    let end = max(first + request.count, Int(point.address) + point.entryCount)
    // A value that runs past the last address is refused by its device, which must not refuse others with it.
    guard Int(point.address) - (first + request.count) <= largestGap, end - first <= point.table.maximumReadCount,
      end <= 65_536
    else { return nil }
    return end - first
  }
}
