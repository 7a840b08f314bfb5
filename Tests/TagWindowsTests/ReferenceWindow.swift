import TagWindows
import Telemetry

/// What windows come to, computed anew from all samples each time: slow, and as the definitions in docs/windows.md
/// read.
struct ReferenceWindow {
  enum Operation {
    case sample(time: Int64, value: Double?, quality: Quality)
    case advance(time: Int64)
  }

  struct Entry {
    enum Meaning { case value, excluded, unknown }
    var time: Int64
    var meaning: Meaning
    var value: Double
    var quality: Quality
  }

  var specification: WindowSpecification
  /// What entered, in the order of times, equal times in the order of coming.
  private(set) var entries: [Entry] = []
  private(set) var late = 0
  private(set) var watermark: Int64?
  var length: Int64 { milliseconds(specification.shape.reach) }
  var gap: Int64 { milliseconds(specification.maximumGap) }

  init(_ specification: WindowSpecification, _ operations: [Operation]) {
    self.specification = specification
    var newest: Int64?
    for operation in operations {
      switch operation {
      case .advance(let time): newest = max(newest ?? time, time)
      case .sample(let time, let value, let quality):
        guard quality.level != .absent else { continue }
        if let seen = newest, time < seen - milliseconds(specification.lateness) {
          late += 1
          continue
        }
        newest = max(newest ?? time, time)
        entries.append(entry(time, value, quality))
      }
    }
    watermark = newest.map { $0 - milliseconds(specification.lateness) }
    entries = entries.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    entries.removeAll { $0.time > watermark ?? .min }
  }

  private func entry(_ time: Int64, _ value: Double?, _ quality: Quality) -> Entry {
    guard quality.hasValue, quality.reason != .stale, let value, value.isFinite else {
      return Entry(time: time, meaning: .unknown, value: 0, quality: quality)
    }
    let isPassed = specification.only.map { !$0.holds(for: value) } ?? false
    return Entry(time: time, meaning: isPassed ? .excluded : .value, value: value, quality: quality)
  }

  /// All results that are due, in order.
  var results: [WindowResult] {
    guard let watermark else { return [] }
    return switch specification.shape {
    case .tumbling, .hopping: grid(watermark)
    case .sliding: sliding(watermark)
    case .session(let timeout, let longest): sessions(watermark, milliseconds(timeout), milliseconds(longest))
    case .count(let samples, let every): counts(samples, every)
    }
  }

  private func grid(_ watermark: Int64) -> [WindowResult] {
    guard let first = entries.first, let hop = specification.shape.step else { return [] }
    let offset = milliseconds(specification.offset)
    var results: [WindowResult] = []
    var toldEmpty = false
    var end = Int64(((Double(first.time - offset)) / Double(hop)).rounded(.down)) * hop + hop + offset
    while end <= watermark {
      let inside = entries.filter { $0.time >= end - length && $0.time < end && $0.meaning == .value }
      let course = entries.filter { $0.time < end }
      tell(result(inside, course: course, from: end - length, to: end, at: end), &results, &toldEmpty)
      end += hop
    }
    return results
  }

  private func sliding(_ watermark: Int64) -> [WindowResult] {
    var results: [WindowResult] = []
    var toldEmpty = false
    var quiet: Int64?
    func at(_ time: Int64, upTo index: Int) -> WindowResult {
      let course = Array(entries[...index])
      let inside = course.filter { $0.time > time - length && $0.meaning == .value }
      return result(inside, course: course, from: time - length, to: time, at: time)
    }
    for (index, entry) in entries.enumerated() {
      tell(at(entry.time, upTo: index), &results, &toldEmpty)
      if entry.meaning != .unknown {
        quiet = entry.time + length + (specification.function.followsTime ? gap : 0)
      } else if specification.tags == 1 {
        quiet = min(quiet ?? .max, entry.time + length)
      }
      let next = index + 1 < entries.count ? entries[index + 1].time : Int64.max
      if let end = quiet, end < watermark, end < next {
        tell(at(end, upTo: index), &results, &toldEmpty)
        quiet = nil
      }
    }
    return results
  }

  private func sessions(_ watermark: Int64, _ timeout: Int64, _ longest: Int64) -> [WindowResult] {
    var results: [WindowResult] = []
    var open: [Entry] = []
    func close() {
      while let last = open.last, last.meaning != .value { open.removeLast() }
      guard let first = open.first, let last = open.last else { return }
      results.append(
        result(
          open.filter { $0.meaning == .value }, course: open, from: first.time, to: last.time,
          at: min(last.time + timeout, first.time + longest)))
      open = []
    }
    for entry in entries {
      let values = open.filter { $0.meaning == .value }
      if let first = values.first, let last = values.last,
        entry.time > last.time + timeout || entry.time >= first.time + longest
      {
        close()
      }
      if entry.meaning == .value || !open.isEmpty { open.append(entry) }
    }
    let values = open.filter { $0.meaning == .value }
    if let first = values.first, let last = values.last,
      watermark > last.time + timeout || watermark >= first.time + longest
    {
      close()
    }
    return results
  }

  private func counts(_ samples: Int, _ every: Int) -> [WindowResult] {
    var results: [WindowResult] = []
    let values = entries.indices.filter { entries[$0].meaning == .value }
    for (number, index) in values.enumerated() {
      let total = number + 1
      guard total >= samples, (total - samples) % every == 0 else { continue }
      let first = values[total - samples]
      let inside = values[(total - samples)..<total].map { entries[$0] }
      results.append(
        result(
          inside, course: Array(entries[first...index]), from: entries[first].time, to: entries[index].time,
          at: entries[index].time))
    }
    return results
  }

  private func tell(_ result: WindowResult, _ results: inout [WindowResult], _ toldEmpty: inout Bool) {
    let isEmpty = specification.function.followsTime ? result.value == nil : result.count == 0
    if !isEmpty || !toldEmpty { results.append(result) }
    toldEmpty = isEmpty
  }
}

func milliseconds(_ duration: Duration) -> Int64 { duration.wholeMilliseconds }

extension WindowShape {
  var reach: Duration {
    switch self {
    case .tumbling(let length), .hopping(let length, _), .sliding(let length): length
    case .session(_, let longest): longest
    case .count: .zero
    }
  }

  var step: Int64? {
    switch self {
    case .tumbling(let length): milliseconds(length)
    case .hopping(_, let every): milliseconds(every)
    default: nil
    }
  }
}
