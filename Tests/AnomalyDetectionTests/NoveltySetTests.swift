import Testing

@testable import AnomalyDetection

@Suite("What is known of a signal")
struct NoveltySetTests {
  /// A set with the values 0 to 100 in steps of ten.
  private func tens(capacity: Int = 32, width: Double = 0.04) -> NoveltySet {
    var set = NoveltySet(capacity: capacity, width: width)
    for value in [0.0, 100] + stride(from: 10.0, to: 100, by: 10) {
      _ = set.take(value, steps: 0, isWarm: false, forgetting: nil)
    }
    return set
  }

  @Test("A constant stream is never new, however long it lasts")
  func constant() {
    var set = NoveltySet(capacity: 32, width: 0.04)
    for step in 0..<200 {
      #expect(set.take(48, steps: Double(step), isWarm: step >= 50, forgetting: 5).score == 0)
    }
    let change = set.take(50, steps: 200, isWarm: true, forgetting: 5)
    #expect(change == NoveltySet.Finding(score: 25, nearest: 48, low: 48, high: 48))
    #expect(set.take(48, steps: 201, isWarm: true, forgetting: 5).score == 0, "what was always there is known")
  }

  @Test(
    "The score is the distance to the nearest known value, in widths of a cell",
    arguments: [
      (40.0, 0.0, 40.0), (42, 0.5, 40), (38, 0.5, 40), (45, 1.25, 40), (46, 1, 50), (0, 0, 0),
    ])
  func score(_ value: Double, _ score: Double, _ nearest: Double) {
    var set = tens()
    let finding = set.take(value, steps: 60, isWarm: true, forgetting: nil)
    #expect((finding.score - score).magnitude < 1e-12)
    #expect(finding.nearest == nearest)
    #expect(finding.low == 0 && finding.high == 100)
  }

  @Test("What was new once is known the second time")
  func known() {
    var set = tens()
    #expect(set.take(45, steps: 60, isWarm: true, forgetting: nil).score > 1.1)
    #expect(set.take(45, steps: 61, isWarm: true, forgetting: nil).score == 0)
  }

  @Test("Once warm, no sample widens the range by more than half on its side; while warming up it does")
  func clamp() {
    var set = tens()
    _ = set.take(1e9, steps: 60, isWarm: true, forgetting: nil)
    #expect(set.high == 150)
    _ = set.take(-1e9, steps: 61, isWarm: true, forgetting: nil)
    #expect(set.low == -75)
    var cold = tens()
    _ = cold.take(1e9, steps: 20, isWarm: false, forgetting: nil)
    #expect(cold.high == 1e9)
  }

  @Test("A full set gives up the middle of its most crowded place and keeps its ends")
  func crowd() {
    var set = tens(capacity: 11, width: 0.01)
    // 38 is next to 40: of these two, 40 is 10 from its other neighbour and 38 is 8.
    _ = set.take(38, steps: 60, isWarm: true, forgetting: nil)
    #expect(set.count == 11)
    _ = set.take(63, steps: 60, isWarm: true, forgetting: nil)
    #expect(set.take(38, steps: 60, isWarm: true, forgetting: nil).nearest == 40)
    #expect(set.take(0, steps: 60, isWarm: true, forgetting: nil).score == 0)
    #expect(set.take(100, steps: 60, isWarm: true, forgetting: nil).score == 0)
  }

  @Test("A value not visited for the forgetting time is new again; one that is visited is not")
  func forgetting() {
    var set = tens()
    for step in 60..<(64 * 6) {
      _ = set.take(50, steps: Double(step), isWarm: true, forgetting: 5)
    }
    #expect(set.take(20, steps: 64 * 6, isWarm: true, forgetting: 5).score > 1)
    #expect(set.take(50, steps: 64 * 6, isWarm: true, forgetting: 5).score == 0)
    var keeping = tens()
    for step in 60..<(64 * 40) {
      _ = keeping.take(50, steps: Double(step), isWarm: true, forgetting: nil)
    }
    #expect(keeping.take(20, steps: 64 * 40, isWarm: true, forgetting: nil).score == 0)
  }

  @Test("Stamps that wrap around forget nothing that was visited")
  func wrapping() {
    var set = tens()
    let start = 64.0 * 65_530
    for step in 0..<(64 * 12) {
      let finding = set.take(step % 2 == 0 ? 50 : 20, steps: start + Double(step), isWarm: true, forgetting: 70)
      // The first look drops all that was stamped with unit 0.
      if step > 2 { #expect(finding.score <= 1) }
    }
  }

  @Test("A learnt value lies in the range and is known")
  func learning() {
    var set = tens()
    set.learn(400)
    #expect(set.high == 400)
    #expect(set.take(400, steps: 60, isWarm: true, forgetting: nil).score == 0)
  }
}
