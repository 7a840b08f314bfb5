import Telemetry
import Testing

@testable import SerialSensors

@Suite("SDI-12")
struct SDI12Tests {
  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// Runs a measurement against a script of what is sent and what comes back; nil: nothing comes.
  private static func run(
    _ commands: [String], crc: Bool = false, _ script: [(String, String?)]
  ) throws -> SDI12Measurement {
    var measurement = SDI12Measurement(
      SDI12Sensor(address: UInt8(ascii: "0"), hasChecksum: crc), commands: commands.compactMap { SDI12Command($0) })
    for (expected, answer) in script {
      switch measurement.step {
      case .ask(let sent): #expect(String(decoding: sent, as: UTF8.self) == expected)
      case .listen(let seconds): #expect("listen \(seconds)" == expected)
      case .pause(let seconds): #expect("pause \(seconds)" == expected)
      case .done: #expect("done" == expected)
      }
      if let answer {
        measurement.received(FramedLine(bytes(answer), ended: .zero))
      } else if expected.hasSuffix("!") {
        measurement.timedOut()
      } else {
        measurement.elapsed()
      }
    }
    #expect(measurement.step == .done)
    return measurement
  }

  private static func value(_ measurement: SDI12Measurement, _ field: String) throws -> Reading {
    let (command, value) = try #require(SDI12Command.field(field))
    return measurement.reading(command, value: value, as: FieldPoint(field: field))
  }

  @Test("A measurement with a service request gives its values in order, over several data commands")
  func measurement() throws {
    let done = try Self.run(
      ["M"], [("0M!", "00035"), ("listen 3", "0"), ("0D0!", "0+1.5-2"), ("0D1!", "0+3+4"), ("0D2!", "0+5.25")])
    #expect(
      try (1...5).map { try Self.value(done, "\($0)").value(.float64) } == [1.5, -2, 3, 4, 5.25].map { .float64($0) })
    #expect(try Self.value(done, "6") == .bad(.sensorFault))
    #expect(done.fault == nil && done.retries.isEmpty)
  }

  @Test("Without a service request the data are fetched after the announced time; with time 0 at once")
  func waiting() throws {
    let timed = try Self.run(["M1"], [("0M1!", "00102"), ("listen 10", nil), ("0D0!", "0+1+2")])
    #expect(try Self.value(timed, "M1.2") == Reading(.float64(2)))
    let immediate = try Self.run(["M"], [("0M!", "00001"), ("0D0!", "0+1")])
    #expect(try Self.value(immediate, "1") == Reading(.float64(1)))
  }

  @Test("A concurrent measurement leaves the line to others; continuous ones are read at once")
  func otherKinds() throws {
    let done = try Self.run(
      ["C", "R0"],
      [("0C!", "000512"), ("pause 5", nil), ("0D0!", "0+1+2+3+4+5+6+7+8+9"), ("0D1!", "0+10+11+12"), ("0R0!", "0+9.5")])
    #expect(try Self.value(done, "C.12") == Reading(.float64(12)))
    #expect(try Self.value(done, "R0.1") == Reading(.float64(9.5)))
  }

  @Test("Check sums are asked for and looked at; a wrong one is asked for again")
  func checksums() throws {
    // The example of SDI-12 1.4, section 4.4.12.2, and one more.
    #expect(SDI12Reply.checksum(Self.bytes("0+3.14")) == Self.bytes("OqZ"))
    let done = try Self.run(
      ["M"], crc: true, [("0MC!", "00001"), ("0D0!", "0+3.15OqZ"), ("0D0!", "0+3.14OqZ")])
    #expect(try Self.value(done, "1") == Reading(.float64(3.14)))
    #expect(done.retries == [.checksum])
    let failed = try Self.run(
      ["M"], crc: true, [("0MC!", "00001"), ("0D0!", "0+1OqZ"), ("0D0!", "0+1OqZ"), ("0D0!", "0+1OqZ")])
    #expect(try Self.value(failed, "1") == .bad(.checksum))
    #expect(failed.fault?.contains("wrong check sum") == true)
  }

  @Test("Silence is tried three times, and costs the other commands nothing")
  func silence() throws {
    let dead = try Self.run(["M", "M1", "C"], [("0M!", nil), ("0M!", nil), ("0M!", nil)])
    #expect(try Self.value(dead, "1") == .bad(.timeout))
    #expect(try Self.value(dead, "C.1") == .bad(.timeout))
    #expect(!dead.isAnswered)
    let late = try Self.run(["M"], [("0M!", nil), ("0M!", "00001"), ("0D0!", nil), ("0D0!", "0+1")])
    #expect(try Self.value(late, "1") == Reading(.float64(1)))
  }

  static let bad: [(String, [(String, String?)], Quality.Reason)] = [
    ("an aborted measurement", [("0M!", "00003"), ("0D0!", "0")], .sensorFault),
    ("fewer values than announced", [("0M!", "00003"), ("0D0!", "0+1"), ("0D1!", "0")], .sensorFault),
    ("no values at all", [("0M!", "00000")], .sensorFault),
    ("another's address", [("0M!", "10003"), ("0M!", "10003"), ("0M!", "10003")], .malformedReply),
    ("more values than announced", [("0M!", "00001")] + [("0D0!", "0+1+2")] * 3, .malformedReply),
    ("letters among digits", [("0M!", "00001")] + [("0D0!", "0+1x")] * 3, .malformedReply),
    ("a value without a sign", [("0M!", "00001")] + [("0D0!", "01.5")] * 3, .malformedReply),
    ("a value of eight digits", [("0M!", "00001")] + [("0D0!", "0+12345678")] * 3, .malformedReply),
  ]

  @Test("Replies that do not fit leave no value", arguments: bad.indices)
  func damaged(_ index: Int) throws {
    let (_, script, reason) = Self.bad[index]
    let done = try Self.run(["M"], script)
    #expect(try Self.value(done, "1") == .bad(reason))
    #expect(done.fault != nil)
  }

  @Test("Identifications and fields are read, nonsense is not")
  func words() {
    let sensor = SDI12Sensor(address: UInt8(ascii: "b"))
    let line = FramedLine(Self.bytes("b14METER   TER12 112T12-00001234"), ended: .zero)
    #expect(SDI12Measurement.identity(line, of: sensor) == "METER TER12 112 T12-00001234 (SDI-12 1.4)")
    #expect(SDI12Measurement.identity(FramedLine(Self.bytes("b14MET"), ended: .zero), of: sensor) == nil)
    #expect(SDI12Measurement.withoutEcho(Self.bytes("0M!00013"), of: Self.bytes("0M!")) == Self.bytes("00013"))
    for good in ["1", "M1.2", "C.12", "C9.99", "R0.1"] { #expect(SDI12Command.field(good) != nil, "\(good)") }
    for bad in ["0", "100", "M0.1", "M", "R.1", "X1.1", "M1.1.1", "MC.1", "+1", "M10.1"] {
      #expect(SDI12Command.field(bad) == nil, "\(bad)")
    }
  }

  @Test("A line with a parity error is asked for again")
  func parity() {
    var measurement = SDI12Measurement(SDI12Sensor(address: 0x30), commands: [.usual])
    measurement.received(FramedLine(Self.bytes("00001"), ended: .zero, isDamaged: true))
    #expect(measurement.retries == [.malformedReply])
  }
}

private func * (item: [(String, String?)], count: Int) -> [(String, String?)] {
  Array(repeatElement(item, count: count).joined())
}
