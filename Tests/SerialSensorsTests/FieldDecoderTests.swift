import Telemetry
import Testing

@testable import SerialSensors

@Suite("Texts of fields as values")
struct FieldDecoderTests {
  static let comma = FieldPoint(field: "", hasDecimalComma: true)
  static let stable = FieldPoint(field: "", type: .bool, trueWords: ["ST"], falseWords: ["US"])

  static let cases: [(text: String, point: FieldPoint, value: Value?)] = [
    ("21.5", FieldPoint(field: ""), .float64(21.5)), ("-0.25", FieldPoint(field: ""), .float64(-0.25)),
    ("+007.50", FieldPoint(field: ""), .float64(7.5)), (" \t 3 ", FieldPoint(field: ""), .float64(3)),
    ("-   12.5", FieldPoint(field: ""), .float64(-12.5)), ("1e3", FieldPoint(field: ""), .float64(1_000)),
    ("1.5E-2", FieldPoint(field: ""), .float64(0.015)), ("-0", FieldPoint(field: ""), .float64(0)),
    ("nan", FieldPoint(field: ""), nil), ("inf", FieldPoint(field: ""), nil), ("0x10", FieldPoint(field: ""), nil),
    ("12,5", FieldPoint(field: ""), nil), ("12.5.1", FieldPoint(field: ""), nil), ("1e999", FieldPoint(field: ""), nil),
    ("", FieldPoint(field: ""), nil), ("----", FieldPoint(field: ""), nil), ("12 5", FieldPoint(field: ""), nil),
    ("12,5", comma, .float64(12.5)), ("1.234,5", comma, nil), ("7", comma, .float64(7)),
    ("42", FieldPoint(field: "", type: .integer), .integer(42)),
    ("- 42", FieldPoint(field: "", type: .integer), .integer(-42)),
    ("42.0", FieldPoint(field: "", type: .integer), nil),
    ("9223372036854775808", FieldPoint(field: "", type: .integer), nil),
    ("0x1F", FieldPoint(field: "", type: .hex), .integer(31)), ("ff", FieldPoint(field: "", type: .hex), .integer(255)),
    ("-1", FieldPoint(field: "", type: .hex), nil), ("0x", FieldPoint(field: "", type: .hex), nil),
    ("On", FieldPoint(field: "", type: .bool), .boolean(true)),
    ("0", FieldPoint(field: "", type: .bool), .boolean(false)),
    ("maybe", FieldPoint(field: "", type: .bool), nil), ("st", stable, .boolean(true)), ("US", stable, .boolean(false)),
    ("S#", stable, nil), ("1", stable, nil),
    (String(repeating: "1", count: 65), FieldPoint(field: ""), nil),
  ]

  static let texts: [(bytes: [UInt8], encoding: TextEncoding, text: String?)] = [
    (Array(" 21 °C ".utf8), .utf8, "21 °C"), ([0x32, 0xb0], .utf8, nil), ([0x32, 0xb0], .latin1, "2°"),
    ([0x32, 0xb0], .ascii, nil), (Array("S/N 7".utf8), .ascii, "S/N 7"), ([0x41, 0x07, 0x42], .latin1, nil),
    ([0x41, 0x7f], .ascii, nil), (Array(repeating: 0x61, count: 700), .utf8, String(repeating: "a", count: 700)),
  ]

  @Test("A string has its text in the encoding that was set, or is no value", arguments: texts.indices)
  func strings(_ index: Int) {
    let one = Self.texts[index]
    let point = FieldPoint(field: "", type: .string, encoding: one.encoding)
    let value = FieldDecoder.value(one.bytes, as: point)
    #expect(value.text == one.text)
    #expect(value.reading == (one.text == nil ? .bad(.undecodable) : Reading(bits: 0, quality: .good)))
  }

  @Test("Each text gives its value or is no value", arguments: cases.indices)
  func table(_ index: Int) {
    let one = Self.cases[index]
    let reading = FieldDecoder.decode(Array(one.text.utf8), as: one.point)
    #expect(reading == one.value.map { Reading($0) } ?? .bad(.undecodable), "'\(one.text)'")
  }
}
