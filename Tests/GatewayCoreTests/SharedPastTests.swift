import GatewayCore
import SyncProtocol
import Telemetry
import Testing

@testable import GatewayCore

@Suite("What both sides have confirmed")
struct SharedPastTests {
  private let row = EpochLane(Epoch(high: 0, low: 1), .telemetry)

  /// Asks until it is known, of a central that has this store's batches through `common`, and something through `position`.
  private func found(
    confirmed: UInt64, common: UInt64, position: UInt64, unknown: Set<UInt64> = []
  ) -> (gone: ClosedRange<UInt64>?, questions: Int) {
    var past = SharedPast(row, confirmed: confirmed)
    var questions = 0
    while let number = past.question, questions < 200 {
      questions += 1
      let at = min(number, position)
      let comparison: BatchComparison = unknown.contains(at) ? .unknown(comparable: 0) : at <= common ? .same : .other
      past.answered(number, at: at == 0 ? nil : at, at == 0 ? .unknown(comparable: 0) : comparison)
    }
    return (past.gone, questions)
  }

  @Test("For every place of the fork, exactly what lies behind it is gone, after few questions")
  func everyFork() {
    for confirmed in UInt64(1)...70 {
      for common in 0...confirmed {
        for position in Set([common, common + 1, confirmed - 1, confirmed, confirmed + 5]) where position >= common {
          let result = found(confirmed: confirmed, common: common, position: position)
          let expected = common < confirmed ? common + 1...confirmed : nil
          #expect(result.gone == expected, "confirmed \(confirmed), common \(common), position \(position)")
          #expect(result.questions <= 14, "confirmed \(confirmed), common \(common), position \(position)")
        }
      }
    }
    let far = found(confirmed: 1 << 40, common: 1 << 39, position: 1 << 41)
    #expect(far.gone == (1 << 39) + 1...1 << 40 && far.questions <= 82)
  }

  @Test("Without a check sum of the newest confirmed batch nothing is told; without one further down rather too much")
  func unknown() {
    #expect(found(confirmed: 9, common: 3, position: 9, unknown: [9]).gone == nil)
    #expect(found(confirmed: 9, common: 5, position: 9, unknown: [1, 2, 3, 4, 5]).gone == 1...9)
    #expect(found(confirmed: 9, common: 9, position: 9, unknown: [1, 2, 3]).gone == nil)
  }
}
