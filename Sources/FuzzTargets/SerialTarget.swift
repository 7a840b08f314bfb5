import SerialSensors
import Telemetry

/// The bytes of a serial line: the first chooses the framing, the rest arrives in pieces; every line is read in all formats.
enum SerialTarget {
  static func run(_ bytes: [UInt8]) -> Bool {
    guard let choice = bytes.first else { return false }
    let ends: [LineFraming.End] = [.automatic, .pause, .text([0x0d, 0x0a]), .text([0x3e])]
    let framing = LineFraming(end: ends[Int(choice % 4)], maximumLength: 80, maximumGap: .milliseconds(20))
    var framer = LineFramer(framing, isMarked: choice & 4 != 0, now: time(0))
    var readers = makeReaders()
    var isRead = false
    var now: Int64 = 0
    var rest = bytes.dropFirst()
    var fetched = 0
    while !rest.isEmpty {
      let count = min(rest.count, 1 + Int(rest.first ?? 0) % 40)
      framer.take(rest.prefix(count), now: time(now))
      rest = rest.dropFirst(count)
      now += Int64(choice >> 3)
      precondition(framer.beginning.count <= 80 + LineFraming.maximumEndLength, "the framer keeps more than its limit")
      while let line = framer.next() {
        fetched += 1
        precondition(!line.bytes.isEmpty && line.bytes.count <= 80, "a line beyond the limit")
        for index in readers.indices {
          guard case .readings(let readings, _) = readers[index].read(line.bytes) else { continue }
          isRead = true
          if case .float64(let value)? = readings[0].value(.float64) {
            precondition(value.isFinite, "a reading that is no number")
          }
        }
      }
    }
    let counts = framer.counts
    precondition(counts.lines == fetched && counts.bytes == bytes.count - 1, "bytes are not accounted for")
    return isRead
  }

  private static func time(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  private static func makeReaders() -> [MessageReader] {
    let formats: [(MessageFormat, String)] = [
      (.json, "a.0.b"), (.csv(CSVLayout()), "2"), (.csv(CSVLayout(separator: 0x20, columns: .header)), "t"),
      (.keyValue(KeyValueLayout()), "t"), (.nmea(NMEALayout(acceptsMissingChecksum: true)), "RMC.latitude"),
      (.pattern(#"t=(?<t>[^;]*);"#), "t"),
    ]
    return formats.compactMap { try? MessageReader($0.0, points: [FieldPoint(field: $0.1)]) }
  }

  static let seeds = [
    "\u{0}{\"a\":[{\"b\":-2.5e3}],\"t\":21.5,\"s\":\"x\\n\\u00e4\"}\r\n", "\u{0}1,2.5,\"a,b\"\r\n",
    "\u{0}t h\r\n21.5 60\r\n",
    "\u{2}t=21.5;h=60;\r\n", "\u{0}$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n",
    "\u{3}12.5 kg>13.0 kg>", "\u{9}0+12.5-3\r\n", "\u{5}$GPGGA,,,,,,0,00,99.99,,,,,,*48\r\n",
  ].map { seed in
    // Twice: a framer takes the first line for the rest of one that began before.
    Array((seed + seed.dropFirst() + seed.dropFirst()).utf8)
  }
}
