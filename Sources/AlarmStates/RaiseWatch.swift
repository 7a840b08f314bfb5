public import Telemetry

/// When an alarm, or any alarm of a device, was raised last, and since when that is too often. As long as its limit at most.
public struct RaiseWatch: Hashable, Sendable {
  /// The newest raisings, oldest first.
  public var recent: [MonotonicTime]
  /// Since when it is too often; nil while it is not.
  public var since: MonotonicTime?
  /// Raisings from `since` on.
  public var count: Int

  public init(recent: [MonotonicTime] = [], since: MonotonicTime? = nil, count: Int = 0) {
    self.recent = recent
    self.since = since
    self.count = count
  }

  /// Takes a raising.
  mutating func note(_ limit: RaiseLimit, now: MonotonicTime) {
    recent.append(now)
    if recent.count > limit.count { recent.removeFirst(recent.count - limit.count) }
    if since != nil {
      count = min(count + 1, Int(Int32.max))
    } else if recent.count == limit.count, let first = recent.first, now - first <= limit.window {
      since = first
      count = limit.count
    }
  }

  mutating func end() {
    since = nil
    count = 0
  }

  /// When at most half of the limit's count lies within its window, if nothing more is raised.
  func calm(_ limit: RaiseLimit) -> MonotonicTime {
    let place = recent.count - limit.count / 2 - 1
    return place < 0 ? .zero : recent[place] + limit.window
  }

  /// Too often until nothing was raised for a whole window.
  func isOften(_ limit: RaiseLimit, now: MonotonicTime) -> Bool {
    guard since != nil, let last = recent.last else { return false }
    return now - last <= limit.window
  }
}
