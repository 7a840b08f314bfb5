import GatewayCore
import Telemetry
import Testing

@Suite("The file of learned reads")
struct LearnedReadsFileTests {
  static let points = [
    RegisterPoint(table: .inputRegister, address: 37, type: .uint16),
    RegisterPoint(table: .holdingRegister, address: 12, type: .float32),
  ]

  static var entry: LearnedReadsFile.Entry {
    var learned = LearnedReads(cuts: [.init(table: .holdingRegister, address: 12)])
    learned.refusals[.init(table: .inputRegister, address: 37, count: 1)] = .init(
      exception: 2, times: 5, retryAt: .zero)
    return LearnedReadsFile.Entry(name: "boiler", unit: 3, points: points, learned: learned)
  }

  @Test("what is written is read again")
  func roundTrip() throws {
    let text = LearnedReadsFile.text([Self.entry])
    #expect(try LearnedReadsFile.parse(text) == [Self.entry])
    let lines = text.split(separator: "\n")
    #expect(lines[2...] == ["refused input 37 1 2 5", "cut holding 12", "end 4"])
    #expect(try LearnedReadsFile.parse(LearnedReadsFile.text([])) == [])
  }

  @Test("a file that is cut off anywhere is damaged")
  func cutOff() {
    let text = LearnedReadsFile.text([Self.entry])
    for length in 0..<text.utf8.count {
      #expect(throws: LearnedReadsFile.Damage.self) {
        try LearnedReadsFile.parse(String(decoding: text.utf8.prefix(length), as: UTF8.self))
      }
    }
  }

  @Test(
    "a line that is none is damage",
    arguments: [
      "refused input 37 1 2 5", "device boiler 3 1", "device boiler 300 0000000000000001", "cut drum 1",
      "device boiler 3 0000000000000001\ncut holding 70000", "device boiler 3 0000000000000001\nrefused input 1 0 2 5",
      "device boiler 3 0000000000000001\nrefused input 1 1 0 5", "device boiler 3 0000000000000001\n",
    ])
  func lines(_ line: String) {
    let count = line.split(separator: "\n", omittingEmptySubsequences: false).count + 1
    #expect(throws: LearnedReadsFile.Damage.self) {
      try LearnedReadsFile.parse("fieldgate-learned-reads 1\n\(line)\nend \(count)\n")
    }
  }

  @Test("for the same tags a refusal keeps its pause; for others it is asked for at once, or forgotten with its place")
  func configurationChange() {
    let now = MonotonicTime(nanoseconds: 1_000)
    let same = Self.entry.learned(unit: 3, points: Self.points, now: now)
    #expect(same.refusals.values.map(\.retryAt) == [now + .seconds(960)])
    let more = Self.points + [RegisterPoint(table: .coil, address: 0, type: .bool)]
    #expect(Self.entry.learned(unit: 3, points: more, now: now).refusals.values.map(\.retryAt) == [now])
    let others = Self.entry.learned(unit: 3, points: Array(more.dropFirst()), now: now)
    #expect(others.refusals.isEmpty && others.cuts == same.cuts)
    #expect(Self.entry.learned(unit: 4, points: Self.points, now: now).isEmpty)
  }
}
