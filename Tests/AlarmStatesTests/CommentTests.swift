import AlarmStates
import Testing

@Suite("What people write to alarms")
struct CommentTests {
  @Test(
    "A comment is kept as one line that cannot move the cursor",
    arguments: [
      ("seen", "seen"), ("  seen ", "seen"), ("pump\nexchanged", "pump exchanged"),
      ("x\r\nACTIVE  fire  critical", "x  ACTIVE  fire  critical"), ("a\u{1b}[2Jb", "a [2Jb"),
      ("a\u{2028}b\u{202e}c\u{85}d", "a b c d"), ("größer 71 °C 🔥", "größer 71 °C 🔥"),
      // A joiner is a sign of format too, and belongs to what people see.
      ("👩‍🔧", "👩‍🔧"),
    ])
  func oneLine(text: String, kept: String) {
    var bench = BookBench()
    #expect(bench.person("hot", .comment, comment: text) == nil)
    #expect(bench.book["hot"]?.standing.comment?.text == kept)
  }

  @Test("A comment with nothing to see is refused, also beside something else")
  func nothing() {
    var bench = BookBench()
    #expect(bench.person("hot", .comment, comment: "\n\t") == .badComment)
    #expect(bench.person("hot", .shelve(nil), comment: " \r") == .badComment)
    #expect(bench.person("hot", .shelve(nil)) == nil)
  }
}
