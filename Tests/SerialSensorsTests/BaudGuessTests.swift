import SerialSensors
import Testing

@Suite("Guessing line settings")
struct BaudGuessTests {
  private static let text = Array("ST,GS,+  12.345kg\r\nUS,GS,-   0.120kg\r\n".utf8)

  /// What a receiver sees that samples the line `factor` times as fast as the sender sends.
  private static func received(_ bytes: [UInt8], factor: Double) -> [UInt8] {
    var levels: [UInt8] = []
    for byte in bytes { levels += [0] + (0..<8).map { byte >> $0 & 1 } + [1] }
    let count = Int(Double(levels.count) * factor)
    let sampled = (0..<count).map { levels[min(levels.count - 1, Int((Double($0) + 0.5) / factor))] }
    var result: [UInt8] = []
    var place = 0
    while let start = sampled[place...].firstIndex(of: 0), start + 9 < sampled.count {
      result.append((0..<8).reduce(0) { $0 | sampled[start + 1 + $1] << UInt8($1) })
      place = start + 9
    }
    return result
  }

  @Test("Clean text needs no hint, too little says nothing, and wrong settings give the right advice")
  func hints() {
    func hint(_ bytes: [UInt8]) -> String {
      var guess = BaudGuess()
      guess.take(bytes)
      return guess.hint ?? (guess.score == nil ? "too little" : "good")
    }
    #expect(hint(Self.text) == "good")
    #expect(hint(Array("short".utf8)) == "too little")
    #expect(hint(Self.received(Self.text, factor: 1)) == "good")
    #expect(hint(Self.received(Self.text, factor: 4)).contains("try a lower baud rate"))
    #expect(hint(Self.received(Self.text + Self.text, factor: 0.5)).contains("try a higher baud rate"))
    let even = Self.text.map { $0 | ($0.nonzeroBitCount % 2 == 1 ? 0x80 : 0) }
    #expect(hint(even).contains("7 data bits"))
    #expect(hint(Self.text.flatMap { [0xff, 0, $0] }).contains("wrong parity"))
  }
}
