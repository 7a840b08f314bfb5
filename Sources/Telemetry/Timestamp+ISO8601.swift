extension Timestamp {
  /// `2026-11-24T03:57:46.123Z`, in UTC (RFC 3339). Years outside 0 to 9999 show as they are.
  public var iso8601: String {
    let (days, rest) = Self.floorDivide(milliseconds, by: 86_400_000)
    let (year, month, day) = Self.civil(daysSince1970: days)
    func digits(_ value: Int64, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    let clock =
      "\(digits(rest / 3_600_000, 2)):\(digits(rest / 60_000 % 60, 2)):\(digits(rest / 1_000 % 60, 2))"
      + ".\(digits(rest % 1_000, 3))"
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(clock)Z"
  }

  /// Reads RFC 3339: `2026-11-24T03:57:46Z`, with 0 to 9 digits of fraction (beyond milliseconds they are cut off) and `Z`
  /// or an offset such as `+01:00`. Nil for anything else.
  public init?(iso8601 text: some StringProtocol) {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count else { return nil }
      var result: Int64 = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        result = result * 10 + Int64(byte - UInt8(ascii: "0"))
      }
      return result
    }
    func isMark(_ index: Int, _ marks: String) -> Bool {
      index < bytes.count && marks.utf8.contains(bytes[index])
    }
    guard let year = number(0..<4), isMark(4, "-"), let month = number(5..<7), isMark(7, "-"), let day = number(8..<10),
      isMark(10, "Tt "), let hour = number(11..<13), isMark(13, ":"), let minute = number(14..<16), isMark(16, ":"),
      let second = number(17..<19), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
      second < 61
    else { return nil }
    var index = 19
    var fraction: Int64 = 0
    if isMark(index, ".") {
      var weight: Int64 = 100
      index += 1
      let start = index
      while let digit = number(index..<index + 1), index - start < 9 {
        fraction += digit * weight
        weight /= 10
        index += 1
      }
      guard index > start else { return nil }
    }
    var offsetMinutes: Int64 = 0
    if isMark(index, "Zz") {
      index += 1
    } else {
      guard isMark(index, "+-"), let hours = number(index + 1..<index + 3), isMark(index + 3, ":"),
        let minutes = number(index + 4..<index + 6), hours < 24, minutes < 60
      else { return nil }
      offsetMinutes = (hours * 60 + minutes) * (isMark(index, "-") ? -1 : 1)
      index += 6
    }
    guard index == bytes.count else { return nil }
    let days = Self.days(year: year, month: month, day: day)
    // 30 February would otherwise pass for 2 March.
    guard Self.civil(daysSince1970: days) == (year, month, day) else { return nil }
    let seconds = days * 86_400 + hour * 3_600 + (minute - offsetMinutes) * 60 + second
    self.init(milliseconds: seconds * 1_000 + fraction)
  }

  private static func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let remainder = (value % divisor + divisor) % divisor
    return ((value - remainder) / divisor, remainder)
  }

  /// The Gregorian date of a day count, by eras of 400 years that begin on 1 March, so that a leap day ends its year.
  private static func civil(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floorDivide(daysSince1970 + 719_468, by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floorDivide(shiftedYear, by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
