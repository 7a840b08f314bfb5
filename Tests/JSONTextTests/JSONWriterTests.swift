import FoundationEssentials
import JSONText
import Testing

struct JSONWriterTests {
  @Test func commasStandBetweenMembersAndElementsOnly() {
    let text = JSONWriter.text { json in
      json.beginObject()
      json.member("a", 1)
      json.key("b")
      json.beginArray()
      json.beginArray()
      json.endArray()
      json.beginObject()
      json.endObject()
      json.null()
      json.bool(true)
      json.raw(Array("[7]".utf8))
      json.endArray()
      json.member("c", ifPresent: nil as String?)
      json.member("d", orNull: nil)
      json.endObject()
    }
    #expect(text == #"{"a":1,"b":[[],{},null,true,[7]],"d":null}"#)
  }

  @Test(arguments: [
    ("", #""""#), ("plain", #""plain""#), ("°C — é 🌡", #""°C — é 🌡""#), (#"a"b\c/d"#, #""a\"b\\c/d""#),
    ("\u{8}\u{9}\u{a}\u{c}\u{d}", #""\b\t\n\f\r""#), ("\u{0}\u{1f}\u{7f}", #""\u0000\u001f\u007f""#),
    ("end\"", #""end\"""#), ("\u{2028}", "\"\u{2028}\""),
  ])
  func stringsAreEscaped(text: String, expected: String) {
    #expect(JSONWriter.text { $0.string(text) } == expected)
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "-0"), (23.0, "23"), (-1.5, "-1.5"), (23.4, "23.4"), (0.1, "0.1"), (100.05, "100.05"),
    (0.001, "0.001"), (999_999_999_999_999, "999999999999999"), (1e15, "1000000000000000"), (1e16, "1e+16"),
    (1e300, "1e+300"), (1e-7, "1e-07"),
    (0.1 + 0.2, "0.30000000000000004"), (Double.nan, "null"), (Double.infinity, "null"), (-Double.infinity, "null"),
    (5e-324, "5e-324"),
  ])
  func doublesAreShort(value: Double, expected: String) {
    #expect(JSONWriter.text { $0.double(value) } == expected)
  }

  @Test(arguments: [Int64.min, -1, 0, 9, 10, 99, 100, 12_345_678_901, Int64.max])
  func integersAreWhole(value: Int64) {
    #expect(JSONWriter.text { $0.integer(value) } == "\(value)")
  }

  @Test func theLargestUnsignedIntegerIsWritten() {
    #expect(JSONWriter.text { $0.integer(UInt64.max) } == "18446744073709551615")
  }

  @Test func randomDoublesReadBackTheSameAndAreNeverLongerThanNecessary() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let value: Double
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: value = Double(bitPattern: generator.next())
      case 1: value = Double(Int.random(in: -1_000_000...1_000_000, using: &generator)) / 100
      default: value = Double.random(in: -1e6...1e6, using: &generator)
      }
      guard value.isFinite else { continue }
      let text = JSONWriter.text { $0.double(value) }
      #expect(Double(text) == value, "\(value.bitPattern)")
      let digits = { (text: String) in text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" } }
      #expect(digits(text).count <= digits(value.description).count, "\(text) for \(value)")
    }
  }

  @Test func anotherProgramReadsTheText() throws {
    struct Row: Codable, Equatable { var name: String, values: [Double?], count: UInt64, on: Bool }
    let row = Row(name: "a\"\\\n\u{1}🌡", values: [1, 2.5, nil, 1e-9], count: .max, on: false)
    let bytes = JSONWriter.object { json in
      json.member("name", row.name)
      json.key("values")
      json.beginArray()
      for value in row.values { json.double(value ?? .nan) }
      json.endArray()
      json.member("count", row.count)
      json.member("on", row.on)
    }
    #expect(try JSONDecoder().decode(Row.self, from: Data(bytes)) == row)
  }

  @Test func linesStandAlone() {
    var json = JSONWriter()
    for number in 1...2 {
      json.beginObject()
      json.member("n", number)
      json.endObject()
      json.newline()
    }
    #expect(String(decoding: json.take(), as: UTF8.self) == "{\"n\":1}\n{\"n\":2}\n")
    #expect(json.bytes.isEmpty)
  }

  @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar", "\u{ff}\u{3e}?>>>"])
  func bytesAreInBase64(text: String) throws {
    let bytes = JSONWriter.object { $0.member("b", base64: Array(text.utf8)) }
    #expect(try JSONDecoder().decode([String: Data].self, from: Data(bytes)) == ["b": Data(text.utf8)])
    #expect(String(decoding: bytes, as: UTF8.self) == "{\"b\":\"\(Data(text.utf8).base64EncodedString())\"}")
  }
}
