public import Telemetry

/// How one device is read: few requests that cover all of its tags.
///
/// Points of one table are taken in the order of their addresses and joined into one request while the gap between them is
/// small: reading eight registers too many costs 16 bytes, a request of its own at least 16 and a turn-round besides. A value
/// is never split over two requests, because its halves could be of different moments.
public struct ReadPlan: Hashable, Sendable {
  /// Where a tag's entries stand.
  public struct Place: Hashable, Sendable {
    /// Index into ``requests``.
    public var request: Int
    /// First entry in its reply.
    public var offset: Int
  }

  public let requests: [ReadRequest]
  /// One a point, in the order of the points.
  public let places: [Place]
  /// Indices of the points that each request covers.
  public let covered: [[Int]]

  /// Most unused registers between two points of one request.
  static let maximumRegisterGap = 8
  /// Most unused bits between two points of one request: also 8 bytes.
  static let maximumBitGap = 64

  public init(unit: UInt8, points: [RegisterPoint]) {
    var requests: [ReadRequest] = []
    var covered: [[Int]] = []
    var places = Array(repeating: Place(request: 0, offset: 0), count: points.count)
    let ordered = points.indices.sorted {
      (points[$0].table.rawValue, points[$0].address, $0) < (points[$1].table.rawValue, points[$1].address, $1)
    }
    for index in ordered {
      let point = points[index]
      let start = Int(point.address)
      if let last = requests.last, last.table == point.table {
        let lastEnd = Int(last.address) + last.count
        let newCount = max(lastEnd, start + point.entryCount) - Int(last.address)
        let gap = point.table.isBits ? Self.maximumBitGap : Self.maximumRegisterGap
        if start - lastEnd <= gap, newCount <= point.table.maximumReadCount {
          requests[requests.count - 1].count = newCount
          places[index] = Place(request: requests.count - 1, offset: start - Int(last.address))
          covered[requests.count - 1].append(index)
          continue
        }
      }
      requests.append(ReadRequest(unit: unit, table: point.table, address: point.address, count: point.entryCount))
      places[index] = Place(request: requests.count - 1, offset: 0)
      covered.append([index])
    }
    self.requests = requests
    self.places = places
    self.covered = covered
  }
}
