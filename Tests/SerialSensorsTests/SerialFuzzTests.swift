import Foundation
import SerialSensors
import Telemetry
import Testing

/// Bytes of a small fast generator; the seed is printed.
struct FuzzGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  static func seeded(_ test: String) -> Self {
    let seed = ProcessInfo.processInfo.environment["FIELDGATE_SEED"].flatMap { UInt64($0) } ?? 20_261_125
    print("seed \(seed); replay: FIELDGATE_SEED=\(seed) swift test --filter \(test)")
    return Self(state: seed)
  }
}

@Suite("Serial sensors under noise")
struct SerialFuzzTests {
  private static let alphabet = Array("0123456789+-.,;:=\"\\{}[]$*!truefalsn \t\r\n\0".utf8) + [0x02, 0x03, 0x80, 0xff]

  private static func noise(_ length: Int, _ generator: inout FuzzGenerator) -> [UInt8] {
    (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
  }

  @Test("Whole lines among noise arrive unchanged, in order, and nothing that was cut or mixed passes")
  func framing() {
    var generator = FuzzGenerator.seeded("SerialFuzzTests")
    for round in 0..<300 {
      var framer = LineFramer(LineFraming(maximumLength: 64), isMarked: false, now: at(0))
      var sent: [String] = []
      var now = 10
      var got: [String] = []
      for number in 0..<40 {
        let text = "line \(round) \(number)."
        let whole = Array("\r\n\(text)\r\n".utf8)
        let cut = generator.next() % 4
        var bytes = whole
        switch cut {
        case 0: bytes = Array(whole.dropLast(Int.random(in: 3..<whole.count, using: &generator)))
        case 1: bytes = [UInt8](repeating: 0xa5, count: Int.random(in: 1...200, using: &generator)) + whole
        default: break
        }
        if cut != 0 { sent.append(text) }
        // In pieces, some of them later.
        while !bytes.isEmpty {
          let count = Int.random(in: 1...bytes.count, using: &generator)
          framer.take(bytes.prefix(count), now: at(now))
          bytes.removeFirst(count)
          now += Int.random(in: 0...20, using: &generator)
        }
        while let line = framer.next() { got.append(String(decoding: line.bytes, as: UTF8.self)) }
      }
      let whole = got.filter { $0.hasPrefix("line \(round) ") && $0.hasSuffix(".") }
      // The first may be taken for the rest of one that began before.
      #expect(whole.count >= sent.count - 1 && whole == sent.filter(whole.contains), "round \(round)")
      #expect(framer.counts.lines == got.count)
    }
  }

  @Test("Whatever comes, framers keep their bounds and account for every line")
  func bounds() {
    var generator = FuzzGenerator.seeded("SerialFuzzTests")
    for round in 0..<300 {
      let end: LineFraming.End = [.automatic, .pause, .text([0x0d, 0x0a]), .text([0x3e])][round % 4]
      let framing = LineFraming(end: end, maximumLength: 32, maximumGap: .milliseconds(20))
      var framer = LineFramer(framing, isMarked: round % 3 == 0, now: at(0))
      var now = 0
      var fetched = 0
      var fed = 0
      for _ in 0..<60 {
        let bytes = Self.noise(Int.random(in: 0...120, using: &generator), &generator)
        fed += bytes.count
        framer.take(bytes, now: at(now))
        now += Int.random(in: 0...30, using: &generator)
        #expect(framer.beginning.count <= 32 + LineFraming.maximumEndLength)
        while let line = framer.next() {
          fetched += 1
          #expect((1...32).contains(line.bytes.count))
        }
      }
      #expect(framer.counts.lines == fetched && framer.counts.bytes == fed)
    }
  }

  @Test("No reader crashes on noise, and no number is read that the line does not have")
  func readers() throws {
    var generator = FuzzGenerator.seeded("SerialFuzzTests")
    let formats: [(MessageFormat, String)] = [
      (.json, "a.0.b"), (.csv(CSVLayout()), "2"), (.csv(CSVLayout(separator: 0x20, columns: .header)), "t"),
      (.keyValue(KeyValueLayout()), "t"), (.nmea(NMEALayout(acceptsMissingChecksum: true)), "RMC.latitude"),
      (.pattern(#"t=(?<t>[^;]*);"#), "t"),
    ]
    for (format, field) in formats {
      var reader = try MessageReader(format, points: [FieldPoint(field: field)])
      for _ in 0..<3_000 {
        let line = Self.noise(Int.random(in: 1...80, using: &generator), &generator)
        guard case .readings(let readings, _) = reader.read(line) else { continue }
        if case .float64(let value)? = readings[0].value(.float64) { #expect(value.isFinite) }
      }
    }
  }

  @Test("JSON lines: what Foundation reads is read alike, and what it refuses is refused but for bare words")
  func json() throws {
    var generator = FuzzGenerator.seeded("SerialFuzzTests")
    let start = Array(#"{"t":21.5,"a":[1,{"b":-2e3}],"s":"x\n\u00e4","n":null,"f":false}"#.utf8)
    var reader = try MessageReader(.json, points: [FieldPoint(field: "t")])
    var both = 0
    for _ in 0..<4_000 {
      var line = start
      for _ in 0..<Int.random(in: 0...2, using: &generator) {
        let place = Int.random(in: 0..<line.count, using: &generator)
        line[place] = Self.alphabet.randomElement(using: &generator) ?? 0
      }
      let reference = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
      let outcome = reader.read(line)
      guard let reference, let number = reference["t"] as? NSNumber else { continue }
      both += 1
      guard case .readings(let readings, _) = outcome else {
        Issue.record("refused: \(String(decoding: line, as: UTF8.self))")
        continue
      }
      if let value = readings[0].value(.float64) { #expect(value == .float64(number.doubleValue)) }
    }
    #expect(both > 1_000)
  }

  @Test("SDI-12 measurements end, whatever comes")
  func measurements() {
    var generator = FuzzGenerator.seeded("SerialFuzzTests")
    let replies = ["00001", "00103", "0+1", "0+1-2.5", "0", "1+1", "0+1OqZ", "", "garbage", "0+999999999", "00000"]
    for round in 0..<2_000 {
      let commands = ["M", "C1", "R0"].compactMap { SDI12Command($0) }
      var measurement = SDI12Measurement(SDI12Sensor(address: 0x30, hasChecksum: round % 2 == 0), commands: commands)
      var steps = 0
      while measurement.step != .done {
        steps += 1
        switch generator.next() % 5 {
        case 0: measurement.timedOut()
        case 1: measurement.elapsed()
        default:
          let reply = replies.randomElement(using: &generator) ?? ""
          measurement.received(FramedLine(Array(reply.utf8), ended: .zero, isDamaged: generator.next() % 9 == 0))
        }
        guard steps < 1_000 else { break }
      }
      #expect(steps < 1_000, "round \(round)")
      for command in commands {
        let reading = measurement.reading(command, value: 1, as: FieldPoint(field: "1"))
        #expect(reading.quality == .good || reading.quality.level == .bad)
      }
    }
  }
}
