public import Telemetry

/// Turns the text of a field into a reading.
public enum FieldDecoder {
  /// Longest text that can be a number or a bool.
  public static let maximumLength = 64

  private static let usualTrue = ["1", "true", "on", "yes", "y", "t"]
  private static let usualFalse = ["0", "false", "off", "no", "n", "f"]

  /// `bad (undecodable value)` for a text that is no value of the type. Blanks around it, and between a sign and the first
  /// digit, as scales print them, are no mistake.
  public static func decode(_ text: some Collection<UInt8>, as point: FieldPoint) -> Reading {
    value(text, as: point).reading
  }

  /// The same with the text of a string. Longer ones than ``TextTable/maximumTextBytes`` are cut with the scan.
  static func value(_ text: some Collection<UInt8>, as point: FieldPoint) -> FieldValue {
    let trimmed = trim(text)
    guard point.type != .string else {
      return point.encoding.text(trimmed).map { FieldValue(Reading(bits: 0, quality: .good), text: $0) }
        ?? .bad(.undecodable)
    }
    guard !trimmed.isEmpty, trimmed.count <= maximumLength else { return .bad(.undecodable) }
    let value: Value? =
      switch point.type {
      case .number: number(trimmed, hasComma: point.hasDecimalComma).map { .float64($0) }
      case .integer: Int64(String(decoding: closeUp(trimmed), as: UTF8.self)).map { .integer($0) }
      case .hex: hexadecimal(trimmed).map { .integer($0) }
      case .bool: word(trimmed, point).map { .boolean($0) }
      case .string: nil
      }
    return value.map { FieldValue(Reading($0)) } ?? .bad(.undecodable)
  }

  static func trim(_ text: some Collection<UInt8>) -> [UInt8] {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    var bytes = Array(text.drop(while: isBlank))
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return bytes
  }

  /// `-  1.5` becomes `-1.5`.
  private static func closeUp(_ text: [UInt8]) -> [UInt8] {
    guard let sign = text.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else { return text }
    return [sign] + text.dropFirst().drop { $0 == 0x20 }
  }

  static func number(_ text: [UInt8], hasComma: Bool) -> Double? {
    var bytes = closeUp(text)
    if hasComma {
      guard !bytes.contains(UInt8(ascii: ".")) else { return nil }
      bytes = bytes.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 }
    }
    // Double would also read "inf", "nan" and hexadecimal.
    let isPlain = bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"),
        UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
      default: false
      }
    }
    guard isPlain, let number = Double(String(decoding: bytes, as: UTF8.self)), number.isFinite else { return nil }
    // A zero below zero is a zero with a sign of a sensor that prints one always.
    return number == 0 ? 0 : number
  }

  private static func hexadecimal(_ text: [UInt8]) -> Int64? {
    var digits = text[...]
    if digits.starts(with: [0x30, 0x78]) || digits.starts(with: [0x30, 0x58]) { digits = digits.dropFirst(2) }
    guard let first = digits.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
    return Int64(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private static func word(_ text: [UInt8], _ point: FieldPoint) -> Bool? {
    let isGiven = !point.trueWords.isEmpty || !point.falseWords.isEmpty
    let word = lowered(text)
    let means: ([String]) -> Bool = { words in words.contains { lowered(Array($0.utf8)) == word } }
    if means(isGiven ? point.trueWords : usualTrue) { return true }
    if means(isGiven ? point.falseWords : usualFalse) { return false }
    return nil
  }

  private static func lowered(_ text: [UInt8]) -> [UInt8] { text.map { (65...90).contains($0) ? $0 | 0x20 : $0 } }
}
