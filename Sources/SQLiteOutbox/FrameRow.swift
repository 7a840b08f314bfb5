import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// A row of `frames`.
struct FrameRow: Hashable {
  static let columns = "sequence, lane, catalogue, boot, samples, first_ms, last_ms, bytes"

  var sequence: Int64
  var lane: Int
  var catalogue: Int
  var boot: Int64?
  var samples: Int
  var first: Timestamp
  var last: Timestamp
  var bytes: [UInt8]

  init(
    sequence: Int64, lane: Lane, catalogue: Int, boot: Int64?, samples: Int, first: Timestamp, last: Timestamp,
    bytes: [UInt8]
  ) {
    self.sequence = sequence
    self.lane = Int(lane.rawValue)
    self.catalogue = catalogue
    self.boot = boot
    self.samples = samples
    self.first = first
    self.last = last
    self.bytes = bytes
  }

  /// Of a statement that selects ``columns``.
  init(_ row: SQLiteStatement) {
    sequence = row.int64(0)
    lane = row.int(1)
    catalogue = row.int(2)
    boot = row.isNull(3) ? nil : row.int64(3)
    samples = row.int(4)
    first = Timestamp(milliseconds: row.int64(5))
    last = Timestamp(milliseconds: row.int64(6))
    bytes = row.blob(7)
  }

  /// Whether the columns say what the frame says, which has a check sum.
  func agrees(with head: FrameHead) -> Bool {
    lane == Int(head.lane.rawValue) && catalogue == head.contents.catalogueID && agrees(with: head.contents)
      && !hasWrongBoot
  }

  /// Times of the boot clock count from the start of the machine: no machine is up for 31 years.
  private var hasWrongBoot: Bool { boot != nil && first >= Timestamp(milliseconds: 1_000_000_000_000) }

  private func agrees(with contents: FrameContents) -> Bool {
    samples == contents.samples && (contents.first ?? first) == first && (contents.last ?? last) == last
  }

  /// The columns as the frame says.
  mutating func correct(by head: FrameHead) {
    lane = Int(head.lane.rawValue)
    catalogue = head.contents.catalogueID
    samples = head.contents.samples
    first = head.contents.first ?? first
    last = head.contents.last ?? last
    if hasWrongBoot { boot = nil }
  }

  /// The first frame whose columns are not what it says: a flipped bit in them would put it into no lane, or move the newest
  /// time into the far future, which no later time may go behind. Damaged frames are left to cutting, which names them.
  ///
  /// - Parameter condition: of the rows that are compared, as SQL.
  static func firstDisagreement(
    _ connection: SQLiteConnection, where condition: String = "true"
  ) throws -> Int64? {
    var layouts: [Int: FrameLayout] = [:]
    try connection.statement("SELECT id, bytes FROM catalogues").forEachRow { row in
      layouts[row.int(0)] = (try? CatalogueCodec.decode(row.blob(1))).map(FrameLayout.init)
      return true
    }
    var found: Int64?
    try connection.statement("SELECT \(columns) FROM frames WHERE \(condition)").forEachRow { statement in
      let row = FrameRow(statement)
      guard let head = try? FrameHead(of: row.bytes, layout: { layouts[$0] }) else { return true }
      guard row.agrees(with: head) else {
        found = row.sequence
        return false
      }
      return true
    }
    return try found
      ?? connection.statement(
        "SELECT sequence FROM frames WHERE \(condition) AND boot IS NOT NULL AND boot NOT IN (SELECT id FROM boots)"
      ).firstRow { $0.int64(0) }
  }

  /// Rows in the order in which the table has them, with numbers that ascend.
  ///
  /// A number is no part of the frame's check sum, but its place in the table tells it nearly as well: rows whose number is out
  /// of order get the one behind their neighbour's.
  static func numbered(_ rows: [FrameRow]) -> [FrameRow] {
    let ordered = longestAscent(rows.map(\.sequence))
    var last: Int64 = 0
    return rows.enumerated().map { index, row in
      var numbered = row
      numbered.sequence = ordered.contains(index) ? max(row.sequence, last + 1) : last + 1
      last = numbered.sequence
      return numbered
    }
  }

  /// Places of a longest part of `numbers` that ascends.
  private static func longestAscent(_ numbers: [Int64]) -> Set<Int> {
    // Of each length, where the part that ends lowest ends; and what comes before each number in its part.
    var ends: [Int] = []
    var before: [Int?] = []
    for (index, number) in numbers.enumerated() {
      var (low, high) = (0, ends.count)
      while low < high {
        let middle = (low + high) / 2
        if numbers[ends[middle]] < number { low = middle + 1 } else { high = middle }
      }
      before.append(low > 0 ? ends[low - 1] : nil)
      if low == ends.count { ends.append(index) } else { ends[low] = index }
    }
    var places: Set<Int> = []
    var place = ends.last
    while let current = place {
      places.insert(current)
      place = before[current]
    }
    return places
  }
}
