extension WindowContents {
  /// What is known of the time from `start` to `end`, of which the points in the window are the samples.
  struct Evaluation {
    /// Nil when the samples do not suffice.
    var value: Double?
    /// Milliseconds of which something is known.
    var known: Int64
  }

  func evaluate(from start: Int64, to end: Int64) -> Evaluation {
    var tally = Tally(known: known, valued: valued, inState: inState, area: 0)
    if keepsPoints {
      if head < inside {
        let until = inside < tail ? ring[place(inside)].time : end
        add(ring[place(head)], from: start, until: min(until, end), to: &tally)
      }
      if inside < tail { add(ring[place(tail - 1)], from: start, until: end, to: &tally) }
    } else if let last {
      add(last, from: start, until: end, to: &tally)
    }
    return Evaluation(value: value(tally, start: start), known: tally.known)
  }

  private struct Tally {
    var known: Int64
    var valued: Int64
    var inState: Int64
    /// Of the entry and of the last point.
    var area: Double
  }

  private func add(_ point: WindowPoint, from start: Int64, until end: Int64, to tally: inout Tally) {
    let held = point.held(from: start, until: end, gap: gap)
    tally.known += held
    guard point.isValue else { return }
    tally.valued += held
    if let condition, condition.holds(for: point.value) { tally.inState += held }
    tally.area += point.value * Double(held)
  }

  /// The sum of the whole window.
  private var sum: PartialResult {
    guard inside < flip else { return newer }
    var sum = suffix[place(inside)]
    sum.append(newer, kind)
    return sum
  }

  private func value(_ tally: Tally, start: Int64) -> Double? {
    switch function {
    case .count: Double(count)
    case .timeWeightedMean: tally.valued > 0 ? (sum.total + tally.area) / Double(tally.valued) : nil
    case .integral(let base): tally.valued > 0 ? (sum.total + tally.area) / Double(base.milliseconds) : nil
    case .timeInState: tally.known > 0 ? Double(tally.inState) / 1_000 : nil
    default: count > 0 ? valueOfSamples(start: start) : nil
    }
  }

  /// - Precondition: at least one sample lies in the window.
  private func valueOfSamples(start: Int64) -> Double? {
    switch function {
    case .mean: return sum.total / Double(count)
    case .sum: return sum.total
    case .minimum, .maximum: return sum.first
    case .standardDeviation: return count > 1 ? (sum.second / Double(count - 1)).squareRoot() : nil
    case .populationDeviation: return (sum.second / Double(count)).squareRoot()
    case .percentile(let percent): return sorted?.percentile(percent)
    case .median: return sorted?.percentile(50)
    case .first: return firstInside?.value
    case .last: return lastValue?.value
    case .difference, .increase, .rate: return change(start: start)
    case .count, .timeWeightedMean, .integral, .timeInState: return nil
    }
  }

  private func change(start: Int64) -> Double? {
    guard let last = lastValue else { return nil }
    if case .increase = function, let entry = keepsPoints ? entryInRing : entry, entry.isValue,
      entry.time + gap >= start
    {
      return last.value - entry.value
    }
    guard count > 1, let first = firstInside else { return nil }
    let change = last.value - first.value
    guard case .rate(let base) = function else { return change }
    let time = last.time - first.time
    return time > 0 ? change / Double(time) * Double(base.milliseconds) : nil
  }

  private var entryInRing: WindowPoint? { head < inside ? ring[place(head)] : nil }

  /// The first value in the window; marks before it are passed over.
  var firstInside: WindowPoint? {
    guard keepsPoints else { return firstValue }
    for index in inside..<tail {
      let point = ring[place(index)]
      if point.isValue { return point }
    }
    return nil
  }

  /// Of the two stacks' parts, so that a saved window can be made again to the last bit.
  mutating func rebuildSums() {
    let end = kind == .area ? tail - 1 : tail
    guard kind != .none else { return }
    var sum = PartialResult()
    for index in stride(from: flip - 1, through: inside, by: -1) {
      var one = element(index)
      one.append(sum, kind)
      sum = one
      suffix[place(index)] = sum
    }
    newer = PartialResult()
    guard flip < end else { return }
    for index in flip..<end {
      let one = element(index)
      if one.count > 0 { newer.add(one.first, kind) }
    }
  }
}
