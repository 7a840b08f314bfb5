import Telemetry

extension TagWindow {
  /// Puts a sample into the window. Its time is not before that of any other that entered.
  mutating func enter(_ sample: WaitingSamples.Sample) -> WindowResult? {
    let point = point(of: sample)
    let isNews = !point.isUnknown || !isIdle || !toldEmpty
    switch specification.shape {
    case .tumbling, .hopping:
      // An empty window was told of, and this says no more than that.
      guard isNews else { return nil }
      if isIdle { beginOnGrid(sample.time) }
      push(point, sample.quality)
      return nil
    case .sliding(let length):
      let start = sample.time - length.wholeMilliseconds
      contents.expire(before: start + 1)
      push(point, sample.quality)
      guard isNews else { return nil }
      expectSlidingEnd(point, length.wholeMilliseconds)
      return told(result(from: start, to: sample.time, time: sample.time))
    case .session:
      if point.isValue {
        if isIdle {
          contents.clear()
          contents.start = sample.time
          mark = sample.time
          isIdle = false
          gapSince = nil
        }
        progress = sample.time
        if let gapSince { contents.push(.unknown(since: gapSince)) }
        gapSince = nil
        push(point, sample.quality)
      } else if !isIdle, gapSince == nil, specification.tags == 1 {
        // Told when a value follows: the session ends with its last value.
        gapSince = sample.time
      }
      return nil
    case .count(let samples, let every):
      return count(point, sample.quality, samples: samples, every: every)
    }
  }

  private func point(of sample: WaitingSamples.Sample) -> WindowPoint {
    guard !sample.value.isNaN else { return .unknown(since: sample.time) }
    if let only = specification.only, !only.holds(for: sample.value) {
      switch specification.shape {
      // What is passed over between their samples would need room without bound.
      case .count, .session: return .unknown(since: sample.time)
      case .tumbling, .hopping, .sliding: return .excluded(since: sample.time)
      }
    }
    return WindowPoint(time: sample.time, value: sample.value, isUncertain: sample.quality.level == .uncertain)
  }

  private mutating func push(_ point: WindowPoint, _ quality: Quality) {
    if point.isUnknown {
      // Of several tags others go on telling; and what is unknown already does not become more so.
      if specification.tags > 1 || contents.last?.isUnknown ?? true { return }
    } else if point.isUncertain {
      newestUncertain = quality
    }
    contents.push(point)
  }

  private mutating func beginOnGrid(_ time: Int64) {
    isIdle = false
    mark = gridEnd(after: time)
    let start = mark - (specification.shape.length ?? 0)
    if specification.keepsPoints { contents.expire(before: start) } else { contents.restart(at: start) }
  }

  /// When a sliding window runs empty if nothing more comes.
  private mutating func expectSlidingEnd(_ point: WindowPoint, _ length: Int64) {
    let reach = specification.function.followsTime ? contents.gap : 0
    if point.isUnknown {
      // Of several tags the others go on telling.
      guard specification.tags == 1 else { return }
      let end = point.time + length
      mark = isIdle ? end : min(mark, end)
      if isIdle { isIdle = false }
    } else {
      mark = point.time + length + reach
      isIdle = false
    }
  }

  private mutating func count(
    _ point: WindowPoint, _ quality: Quality, samples: Int, every: Int
  ) -> WindowResult? {
    guard point.isValue || contents.count > 0 else { return nil }
    push(point, quality)
    guard point.isValue else { return nil }
    if contents.keepsPoints {
      while contents.count > samples { contents.expireFirst() }
      contents.expireMarks()
    } else if contents.count == 1 {
      contents.start = point.time
    }
    progress += 1
    // The first as soon as the samples suffice, then after every so many.
    guard contents.count == samples, progress >= Int64(every) else { return nil }
    progress = 0
    let start = contents.firstInside?.time ?? point.time
    let result = result(from: start, to: point.time, time: point.time)
    if every == samples { contents.clear() }
    return result
  }

  /// The window that runs ends.
  mutating func finish() -> WindowResult? {
    switch specification.shape {
    case .tumbling(let length), .hopping(let length, _):
      return finishOnGrid(length.wholeMilliseconds)
    case .sliding(let length):
      let end = mark
      contents.expire(before: end - length.wholeMilliseconds + 1)
      let result = result(from: end - length.wholeMilliseconds, to: end, time: end)
      isIdle = true
      return told(result)
    case .session(let timeout, let longest):
      let time = min(progress + timeout.wholeMilliseconds, mark + longest.wholeMilliseconds)
      isIdle = true
      return result(from: mark, to: progress, time: time)
    case .count: return nil
    }
  }

  private mutating func finishOnGrid(_ length: Int64) -> WindowResult? {
    let end = mark
    let start = contents.keepsPoints ? end - length : contents.start
    contents.expire(before: start)
    let result = result(from: start, to: end, time: end)
    clockWasSet = false
    mark += specification.shape.hop ?? length
    if contents.keepsPoints { contents.expire(before: mark - length) } else { contents.restart(at: end) }
    defer {
      // The end of the first empty window is waited for, to tell of it.
      if toldEmpty, contents.isBlank(from: mark - length, to: mark) {
        isIdle = true
        contents.clear()
      }
    }
    return told(result)
  }

  /// An empty window is told of once.
  private mutating func told(_ result: WindowResult) -> WindowResult? {
    let isEmpty = specification.function.followsTime ? result.value == nil : result.count == 0
    defer { toldEmpty = isEmpty }
    return isEmpty && toldEmpty ? nil : result
  }

  private func result(from start: Int64, to end: Int64, time: Int64) -> WindowResult {
    let known = contents.evaluate(from: start, to: end)
    let length = end - start
    let coverage = length > 0 ? Double(known.known) / Double(length) : contents.count > 0 ? 1 : 0
    let quality: Quality =
      if known.value == nil {
        .bad(.incomplete)
      } else if coverage < specification.minimumCoverage || contents.cutTime > start {
        .uncertain(.incomplete)
      } else if clockWasSet {
        .uncertain(.clock)
      } else if contents.uncertain > 0 {
        newestUncertain
      } else {
        .good
      }
    return WindowResult(
      value: known.value, quality: quality, time: Timestamp(milliseconds: time),
      start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end), count: contents.count,
      coverage: coverage)
  }
}
