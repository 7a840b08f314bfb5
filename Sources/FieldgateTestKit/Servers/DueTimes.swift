import Glibc

/// Things to do later, soonest first.
struct DueTimes<Item> {
  /// Most that wait; more are refused, so that a client that never waits for replies costs no memory without end.
  static var capacity: Int { 10_000 }

  private var items: [(due: Int64, item: Item)] = []

  var nextDue: Int64? { items.first?.due }

  /// - Parameter due: monotonic nanoseconds.
  mutating func add(_ item: Item, due: Int64) {
    guard items.count < Self.capacity else { return }
    let index = items.firstIndex { $0.due > due } ?? items.endIndex
    items.insert((due, item), at: index)
  }

  mutating func takeDue(now: Int64) -> [Item] {
    let count = items.firstIndex { $0.due > now } ?? items.endIndex
    guard count > 0 else { return [] }
    defer { items.removeFirst(count) }
    return items[..<count].map(\.item)
  }

  /// What poll(2) takes: milliseconds, rounded up; -1 when nothing waits.
  func timeoutMilliseconds(now: Int64, orBefore limit: Int64? = nil) -> Int32 {
    guard let due = [nextDue, limit].compactMap({ $0 }).min() else { return -1 }
    return Int32(clamping: max(0, (due - now + 999_999) / 1_000_000))
  }

  /// What ppoll(2) takes; an hour when nothing waits.
  func timeout(now: Int64, orBefore limit: Int64? = nil) -> timespec {
    let left = [nextDue, limit].compactMap({ $0 }).min().map { max(0, $0 - now) } ?? 3_600_000_000_000
    return timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
  }
}
