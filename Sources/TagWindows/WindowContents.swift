/// The samples of one window in the order of their times, and what is summed over them.
///
/// Two ways. With points kept, samples may leave at the front: a ring of points, and sums after the way of two stacks:
/// the older part of the ring has for each point the sum from it to the part's end, the newer part one sum of all. The
/// sum of the window joins two of them; when the older part is used up, the newer one becomes it. Each sample is summed
/// twice in its life, whatever the length of the window, and nothing is ever subtracted but whole numbers.
/// Without points kept (windows that begin anew, and need no ranks), only the sum is there: some hundred bytes for a
/// window of a month.
///
/// Times are milliseconds. A point tells the value from its time until the next point, at most for `gap`; so the last
/// point before the window, the entry, tells the value at its beginning and is kept too.
struct WindowContents: Sendable {
  let function: WindowFunction
  let kind: PartialResult.Kind
  let condition: SampleCondition?
  let gap: Int64
  let keepsPoints: Bool
  /// The point before the window still tells the value at its start.
  let keepsEntry: Bool
  /// At most so many points lie in the window; then the oldest leaves early.
  let limit: Int

  // Points kept. Indices only grow; the place in the array is the index modulo its size, a power of two.
  var ring: ContiguousArray<WindowPoint> = []
  /// The oldest point kept: the entry, when it is before `inside`.
  var head = 0
  /// The first point that lies in the window.
  var inside = 0
  /// One behind the newest point.
  var tail = 0
  /// For the points from `inside` to before `flip`: the sum from it to before `flip`.
  var suffix: ContiguousArray<PartialResult> = []
  var flip = 0
  var sorted: SortedValues?

  /// The sum of the points from `flip` on, or of all when no points are kept.
  var newer = PartialResult()
  /// The newest point, and the newest that is a value.
  var last: WindowPoint?
  var lastValue: WindowPoint?
  /// Without points kept: the first value in the window, the entry, and the window's beginning.
  var firstValue: WindowPoint?
  var entry: WindowPoint?
  var start = Int64.min

  /// Values in the window, and how many of them were uncertain.
  var count = 0
  var uncertain = 0
  /// Milliseconds, of all but the last point in the window, in which something, a value, and a value that fulfils the
  /// condition is known.
  var known: Int64 = 0
  var valued: Int64 = 0
  var inState: Int64 = 0
  /// The time of the newest point that left early, because there was no room.
  var cutTime = Int64.min

  init(_ specification: WindowSpecification) {
    function = specification.function
    kind = function.partialKind
    if case .timeInState(let condition) = function { self.condition = condition } else { condition = nil }
    gap = specification.gapMilliseconds
    keepsPoints = specification.keepsPoints
    limit = specification.pointLimit
    keepsEntry = specification.keepsEntry
    if keepsPoints, function.needsEveryValue { sorted = SortedValues() }
  }

  /// Where the point of that index stands.
  func place(_ index: Int) -> Int { index & (ring.count - 1) }

  /// Takes the next point; its time is not before that of the last.
  mutating func push(_ point: WindowPoint) {
    if keepsPoints, tail - inside == limit {
      cutTime = ring[place(inside)].time
      expireFirst()
    }
    complete(until: point.time)
    if keepsPoints {
      if tail - head == ring.count { grow() }
      ring[place(tail)] = point
      tail += 1
    }
    last = point
    guard point.isValue else { return }
    lastValue = point
    if count == 0 { firstValue = point }
    count += 1
    if point.isUncertain { uncertain += 1 }
    sorted?.insert(point.value)
    if kind != .none, kind != .area { newer.add(point.value, kind) }
  }

  /// The time of the newest point is over: it is known for how long it held.
  private mutating func complete(until time: Int64) {
    guard let last, !keepsPoints || tail > inside else { return }
    let held = last.held(from: keepsPoints ? last.time : max(last.time, start), until: time, gap: gap)
    account(last, held)
    if kind == .area { newer.add(area(last, held), kind) }
  }

  private func area(_ point: WindowPoint, _ held: Int64) -> Double { point.isValue ? point.value * Double(held) : 0 }

  private mutating func account(_ point: WindowPoint, _ held: Int64) {
    known += held
    guard point.isValue else { return }
    valued += held
    if let condition, condition.holds(for: point.value) { inState += held }
  }

  /// Points before that time leave the window.
  mutating func expire(before time: Int64) {
    guard keepsPoints else { return }
    while inside < tail, ring[place(inside)].time < time { expireFirst() }
  }

  mutating func expireFirst() {
    let point = ring[place(inside)]
    let hasNext = inside + 1 < tail
    if kind != .none, kind != .area || hasNext, flip <= inside { turnOver() }
    if point.isValue {
      count -= 1
      if point.isUncertain { uncertain -= 1 }
      sorted?.remove(point.value)
    }
    if hasNext {
      account(point, -point.held(from: point.time, until: ring[place(inside + 1)].time, gap: gap))
    }
    inside += 1
    head = keepsEntry ? inside - 1 : inside
    flip = max(flip, inside)
  }

  /// The newer points become the older part, each with the sum from it on.
  mutating func turnOver() {
    let end = kind == .area ? tail - 1 : tail
    var sum = PartialResult()
    for index in stride(from: end - 1, through: inside, by: -1) {
      var one = element(index)
      one.append(sum, kind)
      sum = one
      suffix[place(index)] = sum
    }
    flip = end
    newer = PartialResult()
  }

  /// What the point at that index is summed as.
  func element(_ index: Int) -> PartialResult {
    let point = ring[place(index)]
    var one = PartialResult()
    if kind == .area {
      let next = ring[place(index + 1)].time
      one.add(area(point, point.held(from: point.time, until: next, gap: gap)), kind)
    } else if point.isValue {
      one.add(point.value, kind)
    }
    return one
  }

  /// Marks in front of the first value leave.
  mutating func expireMarks() {
    while inside < tail, !ring[place(inside)].isValue { expireFirst() }
  }

  /// Twice the room, so that a window in its steady state allocates nothing.
  private mutating func grow() {
    let size = max(16, ring.count * 2)
    var points = ContiguousArray(repeating: WindowPoint(time: 0, value: 0), count: size)
    for index in head..<tail { points[index & (size - 1)] = ring[place(index)] }
    if kind != .none {
      var sums = ContiguousArray(repeating: PartialResult(), count: size)
      for index in inside..<max(inside, flip) { sums[index & (size - 1)] = suffix[place(index)] }
      suffix = sums
    }
    ring = points
  }

  /// A window begins anew at that time; what told the value then still does.
  mutating func restart(at time: Int64) {
    let before = keepsEntry ? last : nil
    clear()
    start = time
    entry = before
    last = before
  }

  /// Forgets everything but its room.
  mutating func clear() {
    head = 0
    inside = 0
    tail = 0
    flip = 0
    sorted?.removeAll()
    newer = PartialResult()
    last = nil
    lastValue = nil
    firstValue = nil
    entry = nil
    start = .min
    count = 0
    uncertain = 0
    known = 0
    valued = 0
    inState = 0
    cutTime = .min
  }

  /// Nothing is in the window between these times, and nothing is known of it.
  func isBlank(from start: Int64, to end: Int64) -> Bool { count == 0 && evaluate(from: start, to: end).known == 0 }

  /// Every time moves by as many milliseconds.
  mutating func shift(by step: Int64) {
    for index in head..<tail { ring[place(index)].time += step }
    last?.time += step
    lastValue?.time += step
    firstValue?.time += step
    entry?.time += step
    if start != .min { start += step }
    if cutTime != .min { cutTime += step }
  }
}
