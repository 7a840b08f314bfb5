/// One NMEA 0183 sentence: `$GPRMC,…*hh`.
struct NMEASentence: Hashable, Sendable {
  enum Failure: Error, Hashable {
    /// No sentence at all.
    case none
    case missingChecksum
    case wrongChecksum(computed: UInt8)
  }

  /// `RMC`, whoever sent it; of proprietary sentences the whole word: `PGRME`.
  var type: String
  /// What follows the type, from 1: `fields[0]` is field 1.
  var fields: [[UInt8]]

  /// Exclusive-or of all bytes between `$` and `*` (NMEA 0183, section 5.3).
  static func checksum(_ body: some Sequence<UInt8>) -> UInt8 { body.reduce(0, ^) }

  /// Reads a line. What stands before the last `$` or `!` is noise or a sentence that was cut.
  static func parse(_ line: [UInt8]) throws(Failure) -> Self {
    guard let start = line.lastIndex(where: { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "!") }) else { throw .none }
    let whole = line[(start + 1)...]
    let body = whole.prefix { $0 != UInt8(ascii: "*") }
    let fields = body.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(Array.init)
    guard let address = fields.first, (3...10).contains(address.count), address.allSatisfy(isUpper) else { throw .none }
    let isProprietary = address[0] == UInt8(ascii: "P")
    guard isProprietary || address.count == 5 else { throw .none }
    let digits = whole.dropFirst(body.count + 1)
    guard !digits.isEmpty else { throw .missingChecksum }
    let isHex = digits.count == 2 && digits.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }
    let given = isHex ? UInt8(String(decoding: digits, as: UTF8.self), radix: 16) : nil
    guard given == checksum(body) else { throw .wrongChecksum(computed: checksum(body)) }
    return Self(address, fields)
  }

  /// For sensors that send none.
  static func withoutChecksum(_ line: [UInt8]) -> Self? {
    guard let start = line.lastIndex(where: { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "!") }) else { return nil }
    let fields = line[(start + 1)...].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    return fields.first.map { Self(Array($0), fields.map(Array.init)) }
  }

  private init(_ address: [UInt8], _ fields: [[UInt8]]) {
    let isProprietary = address.first == UInt8(ascii: "P")
    type = String(decoding: isProprietary ? address[...] : address.dropFirst(2), as: UTF8.self)
    self.fields = Array(fields.dropFirst())
  }

  private static func isUpper(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Field `number`, counted from 1; nil when the sentence is shorter.
  func field(_ number: Int) -> [UInt8]? { fields.indices.contains(number - 1) ? fields[number - 1] : nil }

  func letter(_ number: Int) -> UInt8? { field(number)?.first }
}
