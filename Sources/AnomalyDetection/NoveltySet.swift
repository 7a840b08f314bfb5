import Telemetry

/// What is known of one signal: its range, and values that stand for all that were seen.
///
/// A cell is a value that was once new. Cells are kept ascending, so that the nearest is found by halving; a visit stamps
/// the nearest one, and cells that were not visited for long are dropped. Storage is allocated once, with the set.
struct NoveltySet: Sendable {
  struct Cell: Hashable, Sendable {
    /// Infinite in a free cell: free ones stand last.
    var value = Float.infinity
    /// Unit of the newest visit.
    var visit: UInt16 = 0
  }

  /// What was known before a sample, as far as it concerns the sample.
  struct Finding: Hashable, Sendable {
    /// Distance to the nearest known value in cell widths; 0 while all values are the same.
    var score: Double
    /// The nearest known value; the sample itself while all values are the same.
    var nearest: Double
    var low: Double
    var high: Double

    static let nothing = Self(score: 0, nearest: 0, low: 0, high: 0)
  }

  /// Most cells a set can have.
  static let maximumCapacity = 32
  /// Steps to a unit of the visit stamps; cells are looked through once a unit.
  static let stepsPerUnit = 64.0

  let capacity: Int
  /// The width of a cell, in ranges.
  let width: Double
  /// Cap of the score, ten ranges.
  private let greatestScore: Double
  /// Ends of the range; `low > high` before the first sample.
  private(set) var low = Double.infinity
  private(set) var high = -Double.infinity
  private(set) var count = 0
  /// Always ``maximumCapacity``, used or not. Not an inline array: this compiler copies one whole to read an element.
  private var cells = ContiguousArray(repeating: Cell(), count: Self.maximumCapacity)
  /// When cells were last looked through.
  private(set) var unit: UInt16 = 0

  init(capacity: Int, width: Double) {
    precondition((2...Self.maximumCapacity).contains(capacity))
    self.capacity = capacity
    self.width = width
    greatestScore = 10 / width
  }

  /// Takes a sample and says how far it was from what was known.
  ///
  /// - Parameters:
  ///   - steps: of this signal before the sample.
  ///   - isWarm: the range is known well enough that one wild sample must not multiply it.
  ///   - forgetting: units without a visit after which a cell is dropped; nil: never.
  mutating func take(_ value: Double, steps: Double, isWarm: Bool, forgetting: UInt16?) -> Finding {
    var finding = Finding(score: 0, nearest: value, low: low, high: high)
    if low > high { (finding.low, finding.high) = (value, value) }
    let range = widen(to: value, from: finding.low, finding.high, isWarm: isWarm)
    guard range > 0 else { return finding }
    let now = UInt16(truncatingIfNeeded: Int64(steps / Self.stepsPerUnit))
    if now != unit {
      unit = now
      if let forgetting { forget(after: forgetting) }
    }
    // The range opens: what was always there so far is known.
    if count == 0 { add(Float(finding.low)) }
    let nearest = nearestCell(to: Float(value))
    finding.nearest = Double(cells[nearest].value)
    finding.score = min((value - finding.nearest).magnitude / (range * width), greatestScore)
    if finding.score > 1 { add(Float(value)) } else { cells[nearest].visit = now }
    return finding
  }

  /// Makes a value known: it lies in the range and has a cell near it afterwards.
  mutating func learn(_ value: Double) {
    low = min(low, value)
    high = max(high, value)
    let range = high - low
    guard range > 0 else { return }
    if count > 0 {
      let nearest = nearestCell(to: Float(value))
      if (value - Double(cells[nearest].value)).magnitude <= range * width {
        cells[nearest].visit = unit
        return
      }
    }
    add(Float(value))
  }

  /// The range from here on: that of before, and the value; once warm no sample more than doubles it.
  private mutating func widen(to value: Double, from low: Double, _ high: Double, isWarm: Bool) -> Double {
    let before = high - low
    let bounded = isWarm && before > 0 ? min(max(value, low - before / 2), high + before / 2) : value
    let (newLow, newHigh) = (min(low, bounded), max(high, bounded))
    self.low = newLow
    self.high = newHigh
    return newHigh - newLow
  }

  /// The index of the nearest cell, of which there must be one; of two at the same distance, the lower.
  private func nearestCell(to value: Float) -> Int {
    let above = firstCell(notBelow: value)
    let upper = min(above, count - 1)
    let lower = max(above - 1, 0)
    return value - cells[lower].value <= cells[upper].value - value ? lower : upper
  }

  /// The index of the first cell that is not below; `count` when all are.
  ///
  /// Free cells are infinite, so the search needs no end and no branch: which way a noisy stream goes is not to be guessed.
  /// Three cells at a time are looked at, which a processor does at once.
  private func firstCell(notBelow value: Float) -> Int {
    func isBelow(_ index: Int) -> Int { cells[index].value < value ? 1 : 0 }
    var first = 8 &* (isBelow(7) &+ isBelow(15) &+ isBelow(23))
    first &+= 2 &* (isBelow(first &+ 1) &+ isBelow(first &+ 3) &+ isBelow(first &+ 5))
    return first &+ isBelow(first) &+ isBelow(first &+ 1)
  }

  private mutating func add(_ value: Float) {
    if count == capacity { remove(crowdedCell()) }
    let place = firstCell(notBelow: value)
    var index = count
    while index > place {
      cells[index] = cells[index - 1]
      index -= 1
    }
    cells[place] = Cell(value: value, visit: unit)
    count += 1
  }

  private mutating func remove(_ place: Int) {
    count -= 1
    for index in place..<count { cells[index] = cells[index + 1] }
    cells[count] = Cell()
  }

  /// Of the two cells with the smallest gap between them, the one whose other neighbour is nearer, so that the ends stay.
  private func crowdedCell() -> Int {
    func gap(above index: Int) -> Float {
      index >= 0 && index + 1 < count ? cells[index + 1].value - cells[index].value : .infinity
    }
    var lower = 0
    for index in 1..<count - 1 where gap(above: index) < gap(above: lower) { lower = index }
    return gap(above: lower - 1) < gap(above: lower + 1) ? lower : lower + 1
  }

  /// Stamps wrap around; ages stay far below that because every unit drops what is too old.
  private mutating func forget(after units: UInt16) {
    var kept = 0
    for index in 0..<count where unit &- cells[index].visit < units {
      cells[kept] = cells[index]
      kept += 1
    }
    for index in kept..<count { cells[index] = Cell() }
    count = kept
  }
}

extension NoveltySet {
  func save(to writer: inout StateWriter) {
    writer.put(low)
    writer.put(high)
    writer.put(unit)
    writer.put(UInt8(count))
    for index in 0..<count {
      writer.put(cells[index].value)
      writer.put(cells[index].visit)
    }
  }

  /// Replaces what is known by what was saved of a set of the same capacity.
  mutating func restore(from reader: inout AnomalyStateReader) throws(AnomalyStateError) {
    low = try reader.double()
    high = try reader.double()
    unit = try reader.uint16()
    count = Int(try reader.uint8())
    guard count <= capacity, !low.isNaN, !high.isNaN else { throw .inconsistent }
    for index in cells.indices {
      cells[index] = Cell()
      guard index < count else { continue }
      cells[index] = Cell(value: try reader.float(), visit: try reader.uint16())
      guard cells[index].value.isFinite, index == 0 || cells[index - 1].value <= cells[index].value else {
        throw .inconsistent
      }
    }
  }
}
