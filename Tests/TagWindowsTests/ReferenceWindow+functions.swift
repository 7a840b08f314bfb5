import TagWindows
import Telemetry

extension ReferenceWindow {
  /// A stretch of time in which one entry tells what is known.
  private struct Stretch {
    var entry: Entry
    var milliseconds: Int64
  }

  private var isSeparate: Bool {
    switch specification.shape {
    case .session, .count: true
    default: false
    }
  }

  private func stretches(_ course: [Entry], from start: Int64, to end: Int64) -> [Stretch] {
    let course = course.filter {
      specification.tags == 1 || $0.meaning == .value || $0.meaning == .excluded && !isSeparate
    }
    return course.indices.compactMap { index in
      let entry = course[index]
      let next = index + 1 < course.count ? course[index + 1].time : Int64.max
      let from = max(start, entry.time)
      let until = min(end, next, entry.time + gap)
      let isKnown = entry.meaning == .value || entry.meaning == .excluded && !isSeparate
      return isKnown && until > from ? Stretch(entry: entry, milliseconds: until - from) : nil
    }
  }

  func result(_ inside: [Entry], course: [Entry], from start: Int64, to end: Int64, at time: Int64) -> WindowResult {
    let stretches = stretches(course, from: start, to: end)
    let known = stretches.reduce(0) { $0 + $1.milliseconds }
    let coverage = end > start ? Double(known) / Double(end - start) : inside.isEmpty ? 0 : 1
    let value = value(inside, stretches, course: course, start: start, known: known)
    var quality = Quality.good
    if let newest = inside.last(where: { $0.quality.level == .uncertain }) { quality = newest.quality }
    if coverage < specification.minimumCoverage { quality = .uncertain(.incomplete) }
    if value == nil { quality = .bad(.incomplete) }
    return WindowResult(
      value: value, quality: quality, time: Timestamp(milliseconds: time), start: Timestamp(milliseconds: start),
      end: Timestamp(milliseconds: end), count: inside.count, coverage: coverage)
  }

  private func value(
    _ inside: [Entry], _ stretches: [Stretch], course: [Entry], start: Int64, known: Int64
  ) -> Double? {
    let valued = stretches.filter { $0.entry.meaning == .value }
    let time = valued.reduce(0) { $0 + $1.milliseconds }
    let area = valued.reduce(0.0) { $0 + $1.entry.value * Double($1.milliseconds) }
    switch specification.function {
    case .count: return Double(inside.count)
    case .timeWeightedMean: return time > 0 ? area / Double(time) : nil
    case .integral(let base): return time > 0 ? area / Double(base.milliseconds) : nil
    case .timeInState(let condition):
      let held = valued.filter { condition.holds(for: $0.entry.value) }.reduce(0) { $0 + $1.milliseconds }
      return known > 0 ? Double(held) / 1_000 : nil
    default: return inside.isEmpty ? nil : valueOfSamples(inside, course: course, start: start)
    }
  }

  private func valueOfSamples(_ inside: [Entry], course: [Entry], start: Int64) -> Double? {
    let values = inside.map(\.value)
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    switch specification.function {
    case .mean: return mean
    case .sum: return values.reduce(0, +)
    case .minimum: return values.min()
    case .maximum: return values.max()
    case .standardDeviation: return count > 1 ? (squares / (count - 1)).squareRoot() : nil
    case .populationDeviation: return (squares / count).squareRoot()
    case .percentile(let percent): return ranked(values, percent)
    case .median: return ranked(values, 50)
    case .first: return values.first
    case .last: return values.last
    case .difference: return count > 1 ? values[values.count - 1] - values[0] : nil
    case .increase:
      let before = course.filter { isSeparate ? false : isBefore($0, start) }.last
      if let before, before.meaning == .value, before.time + gap >= start {
        return values[values.count - 1] - before.value
      }
      return count > 1 ? values[values.count - 1] - values[0] : nil
    case .rate(let base):
      let time = inside[inside.count - 1].time - inside[0].time
      return time > 0 ? (values[values.count - 1] - values[0]) / (Double(time) / Double(base.milliseconds)) : nil
    default: return nil
    }
  }

  /// Sliding windows do not hold their beginning, windows on a grid do.
  private func isBefore(_ entry: Entry, _ start: Int64) -> Bool {
    if case .sliding = specification.shape { return entry.time <= start }
    return entry.time < start
  }

  private func ranked(_ values: [Double], _ percent: Double) -> Double {
    let sorted = values.sorted()
    let rank = percent / 100 * Double(sorted.count - 1)
    let low = sorted[Int(rank.rounded(.down))]
    let high = sorted[Int(rank.rounded(.up))]
    return low + (high - low) * (rank - rank.rounded(.down))
  }
}
