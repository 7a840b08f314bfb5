import Telemetry
import Testing

@Suite("Times")
struct TimestampTests {
  static let written: [(Int64, String)] = [
    (0, "1970-01-01T00:00:00.000Z"),
    (-1, "1969-12-31T23:59:59.999Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    (1_764_068_042_007, "2025-11-25T10:54:02.007Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
  ]

  @Test("A time is written in UTC and read back the same", arguments: written)
  func writing(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
    #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
  }

  @Test(
    "Zones, fractions and separators of RFC 3339 are read",
    arguments: [
      ("2025-11-25T11:54:02+01:00", 1_764_068_042_000), ("2025-11-25T05:24:02.5-05:30", 1_764_068_042_500),
      ("2025-11-25 10:54:02Z", 1_764_068_042_000), ("2025-11-25t10:54:02.1234567z", 1_764_068_042_123),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ] as [(String, Int64)])
  func reading(text: String, milliseconds: Int64) {
    #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
  }

  @Test(
    "What is no time is nil",
    arguments: [
      "", "2025-11-25", "2025-11-25T10:54Z", "2025-13-01T00:00:00Z", "2025-00-01T00:00:00Z", "2025-01-00T00:00:00Z",
      "2025-11-25T24:00:00Z", "2025-11-25T10:60:00Z", "2025-11-25T10:54:02", "2025-11-25T10:54:02.Z",
      "2025-11-25T10:54:02Zz", "2025-11-25T10:54:02+1:00", "2025-11-25T10:54:02.1234567890Z", "-025-11-25T10:54:02Z",
      "2025-02-29T00:00:00Z", "2025-04-31T00:00:00Z", "1900-02-29T00:00:00Z",
    ])
  func nonsense(text: String) {
    #expect(Timestamp(iso8601: text) == nil)
  }

  @Test("Every day of five centuries follows the day before")
  func calendar() throws {
    var previous = ""
    for day in stride(from: Int64(-100_000), through: 100_000, by: 1) {
      let text = Timestamp(milliseconds: day * 86_400_000).iso8601
      #expect(Timestamp(iso8601: text)?.milliseconds == day * 86_400_000)
      #expect(text > previous)
      previous = text
    }
  }

  @Test("Monotonic times saturate, and durations keep their sign")
  func arithmetic() {
    #expect(MonotonicTime(nanoseconds: .max - 1) + .seconds(1) == .never)
    #expect(MonotonicTime(nanoseconds: 5) - MonotonicTime(nanoseconds: 7) == .nanoseconds(-2))
    #expect(Duration.milliseconds(-1_500).wholeMilliseconds == -1_500)
    #expect(Duration.seconds(Int64.max / 2).wholeNanoseconds == .max)
    #expect(Duration.seconds(Int64.min / 2).wholeNanoseconds == .min)
  }
}
