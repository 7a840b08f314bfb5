import Testing

/// Lets few installations run at a time: each is four programs and their sensors, and a crowd of them on two cores makes
/// waits of seconds out of what takes milliseconds.
actor SiteSlots {
  static let shared = SiteSlots(free: 6)

  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(free: Int) { self.free = free }

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  /// Hands the slot to whoever waits longest.
  func give() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}

/// Each test of the suite waits for a slot of ``SiteSlots`` and holds it while it runs.
struct InASiteSlot: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // Called for each case of a test; a suite as a whole holds none.
    guard testCase != nil else { return try await function() }
    await SiteSlots.shared.take()
    do {
      try await function()
      await SiteSlots.shared.give()
    } catch {
      await SiteSlots.shared.give()
      throw error
    }
  }
}

extension Trait where Self == InASiteSlot {
  static var inASiteSlot: Self { InASiteSlot() }
}
