import Telemetry
import Testing

@Suite("Qualities, readings, epochs, names")
struct VocabularyTests {
  @Test("Every byte is a quality that writes the same byte again")
  func qualityBytes() {
    for byte in UInt8.min...UInt8.max {
      let quality = Quality(rawValue: byte)
      #expect(Quality(quality.level, quality.reason).rawValue == byte)
      #expect(quality.hasValue == (quality.level == .good || quality.level == .uncertain))
    }
  }

  @Test("Stored reasons keep their numbers")
  func reasons() {
    let stored: [(UInt8, Quality.Reason)] = [
      (0, .none), (1, .timeout), (2, .busDown), (3, .checksum), (4, .malformedReply), (5, .sensorFault),
      (6, .outOfRange), (7, .stale), (8, .undecodable), (9, .inputOutput), (18, .exception(2)),
    ]
    for (code, reason) in stored { #expect(reason.code == code && Quality.Reason(code: code) == reason) }
    #expect(Quality.bad(.exception(2)).description == "bad (illegal data address)")
    #expect(Quality.good.rawValue == 0 && Quality.absent.rawValue == 0xc0)
  }

  @Test("A reading without a value keeps no bits of one")
  func readings() {
    #expect(Reading(bits: 77, quality: .bad(.timeout)).bits == 0)
    #expect(Reading.bad(.stale).value(.integer) == nil && Reading.absent.value(.integer) == nil)
    #expect(Reading(.integer(-5), quality: .uncertain(.outOfRange)).value(.integer) == .integer(-5))
  }

  @Test(
    "Values pass through their bits unchanged",
    arguments: [
      .boolean(true), .boolean(false), .integer(.min), .integer(.max), .float32(-0.0), .float32(.infinity),
      .float32(.leastNonzeroMagnitude), .float64(-0.0), .float64(.greatestFiniteMagnitude),
    ] as [Value])
  func bits(value: Value) {
    #expect(Value(type: value.type, bits: value.bits) == value)
  }

  @Test("An epoch is 32 hexadecimal digits, and nothing else is one")
  func epochs() {
    let epoch = Epoch(high: 1, low: 0xfeed_0000_0000_0002)
    #expect(epoch.description == "0000000000000001feed000000000002")
    #expect(Epoch(text: epoch.description) == epoch)
    for text in ["", "1", String(repeating: "g", count: 32), "+" + String(repeating: "0", count: 31)] {
      #expect(Epoch(text: text) == nil, "\(text)")
    }
  }

  @Test(
    "The nearest name is offered, and only when it is near",
    arguments: [
      ("bauds", "baud"), ("hots", "host"), ("prot", "port"), ("PORT", "port"), ("stopbits", "stop-bits"),
      ("xyzzy", nil), ("", nil),
    ] as [(String, String?)])
  func nearest(word: String, expected: String?) {
    #expect(EditDistance.nearest(to: word, among: ["host", "port", "baud", "stop-bits"]) == expected)
  }

  @Test("Columns hold the rows of scans in their order, and join")
  func columns() {
    var first = DeviceColumns(device: 3, tagCount: 2)
    var second = first
    func scan(_ time: Int64, _ value: Int64) -> DeviceScan {
      DeviceScan(
        device: 3, time: Timestamp(milliseconds: time), readings: [Reading(.integer(value)), .bad(.checksum)])
    }
    first.append(scan(10, 1))
    first.append(scan(20, 2))
    second.append(scan(30, 3))
    first.append(second)
    #expect(first.times.map(\.milliseconds) == [10, 20, 30] && first.columns[0].bits == [1, 2, 3])
    #expect(first.columns[1].qualities == Array(repeating: .bad(.checksum), count: 3) && first.sampleCount == 6)
    first.removeAll(keepingCapacity: true)
    #expect(first.rowCount == 0 && first.columns.count == 2)
  }
}
