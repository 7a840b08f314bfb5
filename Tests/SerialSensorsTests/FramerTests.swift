import SerialSensors
import Telemetry
import Testing

/// A time in milliseconds since some start.
func at(_ milliseconds: Int) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(milliseconds) * 1_000_000) }

@Suite("Cutting bytes into lines")
struct FramerTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var framing = LineFraming(maximumLength: 16, maximumGap: .milliseconds(100))
    var isMarked = false
    var isInStep = true
    /// Bytes and the milliseconds at which they come.
    var input: [(Int, String)]
    var lines: [String]
    var counts: @Sendable (inout FramerCounts) -> Void = { _ in }
    var testDescription: String { name }

    static func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }
  }

  private static func ends(_ text: String) -> LineFraming {
    LineFraming(end: .text(Case.bytes(text)), maximumLength: 16, maximumGap: .milliseconds(100))
  }

  static let cases: [Case] = [
    Case(name: "CR, LF and both end a line", input: [(0, "a\rb\nc\r\nd\n\r\n")], lines: ["a", "b", "c", "d"]),
    Case(name: "Frames of STX and ETX", input: [(0, "\u{2}w 12\u{3}\u{2}w 13\u{3}")], lines: ["w 12", "w 13"]),
    Case(name: "Blanks around a line are taken off, tabs are not", input: [(0, "  a b \t\r\n")], lines: ["a b \t"]),
    Case(
      name: "What began before the port was opened is dropped", isInStep: false, input: [(0, "5.2\r\n1.0\r\n")],
      lines: ["1.0"]
    ) { $0.joined = 1 },
    Case(
      name: "After a pause a line begins, though its predecessor was missed", isInStep: false,
      input: [(150, "1.0\r\n")], lines: ["1.0"]),
    Case(
      name: "A line that stops is dropped, and the next is whole", input: [(0, "12."), (200, "13.5\r\n")],
      lines: ["13.5"]
    ) { $0.cutShort = 1 },
    Case(name: "Halves within the gap are one line", input: [(0, "12"), (90, ".5"), (180, "\n")], lines: ["12.5"]),
    Case(
      name: "A line that is too long is dropped to its end", input: [(0, "0123456789abcdefgh\r\nok\r\n")],
      lines: ["ok"]
    ) {
      $0.tooLong = 1; $0.joined = 1
    },
    Case(name: "The longest line passes", input: [(0, "0123456789abcdef\r\n")], lines: ["0123456789abcdef"]),
    Case(name: "Zeros before a line are a break", input: [(0, "\0\0a\r\n")], lines: ["a"]),
    Case(name: "A zero within a line damages it", input: [(0, "1\u{0}2\r\n3\r\n")], lines: ["!12", "3"]) {
      $0.damaged = 1
    },
    Case(
      name: "A byte that the port marks damages its line", isMarked: true, input: [(0, "1\u{ff}\u{0}x2\r\n3\r\n")],
      lines: ["!1x2", "3"]
    ) { $0.damaged = 1 },
    Case(
      name: "A break that the port marks is none of a line", isMarked: true, input: [(0, "\u{ff}\u{0}\u{0}0+1\r\n")],
      lines: ["0+1"]),
    Case(name: "A doubled FF is one", isMarked: true, input: [(0, "\u{ff}"), (1, "\u{ff}\r\n")], lines: ["\u{ff}"]),
    Case(name: "A prompt ends a line", framing: ends("\r\n>"), input: [(0, "1\r\n>2\n3\r\n>")], lines: ["1", "2\n3"]),
    Case(
      name: "A pause ends a line", framing: LineFraming(end: .pause, maximumLength: 16, maximumGap: .milliseconds(100)),
      input: [(0, "12"), (50, "3"), (300, "4")], lines: ["123"]),
  ]

  @Test("Each case gives its lines and counts what it dropped", arguments: cases.indices)
  func table(_ index: Int) {
    let one = Self.cases[index]
    var framer = LineFramer(one.framing, isMarked: one.isMarked, isInStep: one.isInStep, now: at(0))
    for (time, text) in one.input { framer.take(Case.bytes(text), now: at(time)) }
    var lines: [String] = []
    while let line = framer.next() {
      lines.append(
        (line.isDamaged ? "!" : "") + String(String.UnicodeScalarView(line.bytes.map { Unicode.Scalar($0) })))
    }
    #expect(lines == one.lines, "\(one.name)")
    var counts = FramerCounts()
    one.counts(&counts)
    counts.bytes = framer.counts.bytes
    counts.lines = one.lines.count
    #expect(framer.counts == counts, "\(one.name)")
  }

  @Test("A flood is bounded and counted")
  func flood() {
    var framer = LineFramer(LineFraming(), isMarked: false, isInStep: true, now: at(0))
    framer.take([UInt8](repeating: 0, count: 5_000).enumerated().map { $0.offset % 2 == 0 ? 0x31 : 0x0a }, now: at(0))
    var count = 0
    while framer.next() != nil { count += 1 }
    #expect(count == LineFramer.maximumWaiting)
    #expect(framer.counts.flooded == 2_500 - count && framer.counts.lines == count)
  }
}
