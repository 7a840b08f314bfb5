public import Telemetry

/// Gathers the samples of a tag, or of a group of tags, and gives what each window of them comes to.
///
/// Pure, bounded, and free of allocation once its rings have grown to what the window holds. Feed it with ``take`` and
/// ``advance``, and after each of them call ``next`` until it gives nil:
///
///     window.take(value, quality: quality, time: time)
///     while let result = window.next() { … }
///
/// Time is the caller's window time in milliseconds (``WindowClock``; when history is replayed, the time of the
/// samples). The watermark is the newest time seen less the lateness bound. Samples wait until the watermark has
/// reached them, then they enter in the order of their times; one that is older than the watermark when it comes is
/// late, dropped and counted. So the results depend on the samples and the watermark alone, not on when anyone asked.
public struct TagWindow: Sendable {
  public let specification: WindowSpecification
  /// Samples dropped because they came later than the lateness bound allows (or had an impossible time).
  public internal(set) var lateSamples = 0
  /// Readings without a usable value.
  public internal(set) var badReadings = 0

  var contents: WindowContents
  var waiting = WaitingSamples()
  /// The newest time seen; nil before the first.
  var newest: Int64?
  /// The watermark is at least there, because more samples waited than may.
  var floor = Int64.min
  /// Nothing is known: no window runs, and none ends.
  var isIdle = true
  /// The newest result said that the window is empty; that is said once.
  var toldEmpty = false
  /// Grid: the end of the window that runs. Sliding: when the last value will have left. Session: its beginning.
  var mark: Int64 = 0
  /// Session: the time of its newest sample. Count: samples since the newest result.
  var progress: Int64 = 0
  /// Session: since when, after its newest value, nothing is known.
  var gapSince: Int64?
  /// The clock was set while the window that runs ran.
  var clockWasSet = false
  /// The newest uncertain sample that entered.
  var newestUncertain = Quality.good

  public init(_ specification: WindowSpecification) {
    self.specification = specification
    contents = WindowContents(specification)
  }

  /// Times beyond are refused: 2^48 ms are 8,900 years.
  static let farthestTime: Int64 = 1 << 48

  /// Takes a reading.
  ///
  /// - Parameters:
  ///   - value: in the tag's unit; nil, no number, or a magnitude beyond 1e150 are no value.
  ///   - quality: absent says nothing and is passed over. Bad and stale end what is known: the value before holds no
  ///     longer. Uncertain values enter, and make the result uncertain.
  public mutating func take(_ value: Double?, quality: Quality, time: Timestamp) {
    guard quality.level != .absent else { return }
    let time = time.milliseconds
    guard time.magnitude < UInt64(Self.farthestTime) else {
      lateSamples += 1
      return
    }
    if let watermark, time < watermark {
      lateSamples += 1
      return
    }
    newest = max(newest ?? time, time)
    let isUsable = quality.hasValue && quality.reason != .stale
    var number = Double.nan
    if isUsable, let value, value.magnitude <= WindowSpecification.maximumMagnitude {
      number = value + 0  // -0 becomes 0: both are one value in the order of ranks
    } else {
      badReadings += 1
    }
    if waiting.isFull, let first = waiting.first {
      // Nobody asked for results in a long while, or the lateness bound is far too long for this tag.
      guard time >= first.time else {
        lateSamples += 1
        return
      }
      floor = first.time
      waiting.removeFirst()
      lateSamples += 1
    }
    waiting.insert(WaitingSamples.Sample(time: time, value: number, quality: quality))
    if waiting.isFull, let first = waiting.first { floor = max(floor, first.time) }
  }

  /// Time has gone on, whether or not there were samples.
  public mutating func advance(to time: Timestamp) {
    guard time.milliseconds.magnitude < UInt64(Self.farthestTime) else { return }
    newest = max(newest ?? time.milliseconds, time.milliseconds)
  }

  /// No sample that is older will enter any more; nil before the first time is known.
  var watermark: Int64? { newest.map { max($0 - specification.lateness.wholeMilliseconds, floor) } }

  /// When ``advance`` would bring a result without another sample; nil when none would.
  public var deadline: Timestamp? {
    let waits = waiting.first?.time
    let ends = endsAt
    guard let earliest = waits.map({ min($0, ends ?? $0) }) ?? ends else { return nil }
    return Timestamp(milliseconds: earliest + specification.lateness.wholeMilliseconds)
  }

  /// When the watermark reaches this, the window that runs ends; samples of that time are behind it.
  private var endsAt: Int64? {
    guard !isIdle else { return nil }
    switch specification.shape {
    case .tumbling, .hopping: return mark
    case .sliding: return mark + 1
    case .session(let timeout, let longest):
      // A sample that comes when the time-out is just over still belongs to the session.
      return min(progress + timeout.wholeMilliseconds + 1, mark + longest.wholeMilliseconds)
    case .count: return nil
    }
  }

  /// The next result that is due, oldest first.
  public mutating func next() -> WindowResult? {
    guard let watermark else { return nil }
    while true {
      let sample = waiting.first.flatMap { $0.time <= watermark ? $0 : nil }
      if let end = endsAt, end <= watermark, sample.map({ $0.time >= end }) ?? true {
        if let result = finish() { return result }
        continue
      }
      guard let sample else { return nil }
      waiting.removeFirst()
      if let result = enter(sample) { return result }
    }
  }

  /// Every time that the window knows moves by as much: the clock that its times come from was set. Ages stay as they
  /// are; windows on a grid go on to the grid's next end.
  public mutating func shift(by step: Duration) {
    let step = step.wholeMilliseconds
    guard let before = newest, step != 0 else { return }
    let moved = before.addingReportingOverflow(step)
    guard !moved.overflow, moved.partialValue.magnitude < UInt64(Self.farthestTime) else {
      // Such a clock tells nothing; begin anew.
      self = TagWindow(specification)
      return
    }
    newest = moved.partialValue
    if floor != .min { floor += step }
    waiting.shift(by: step)
    contents.shift(by: step)
    switch specification.shape {
    case .tumbling, .hopping:
      guard !isIdle, let hop = specification.shape.hop else { return }
      mark = gridEnd(after: max(mark - hop + step, contents.last?.time ?? .min))
      clockWasSet = true
    case .sliding: mark += step
    case .session:
      mark += step
      progress += step
      if let since = gapSince { gapSince = since + step }
    case .count: break
    }
  }

  /// After a restart: the clock may show less than when the window was saved, because nothing kept the time meanwhile.
  /// Then the window goes on as if no time had passed. Call it before anything else when a window was restored.
  public mutating func resume(at time: Timestamp) {
    guard let newest, time.milliseconds < newest else { return }
    shift(by: .milliseconds(time.milliseconds - newest))
  }

  /// The first end of a window on the grid that is after that time.
  func gridEnd(after time: Int64) -> Int64 {
    guard let hop = specification.shape.hop else { return time }
    let offset = specification.offset.wholeMilliseconds
    let (quotient, remainder) = (time - offset).quotientAndRemainder(dividingBy: hop)
    return (quotient + (remainder < 0 ? 0 : 1)) * hop + offset
  }
}
