import SerialSensors
import Telemetry
import Testing

@Suite("Messages of sensors")
struct MessageReaderTests {
  /// What a line gives, in words: `21.5 -` is a value and an absent one, `(sensor fault)` a bad one.
  static func words(_ outcome: MessageOutcome, _ points: [FieldPoint]) -> String {
    switch outcome {
    case .notMine: return "not mine"
    case .ignored: return "ignored"
    case .damaged(let reason, _): return "damaged: \(reason.name)"
    case .readings(let readings, let texts):
      return points.indices.map { index in
        let (reading, point) = (readings[index], points[index])
        if let text = texts[index] { return reading.quality == .good ? "'\(text)'" : "'\(text)'?" }
        guard let value = reading.value(point.type.valueType) else {
          return reading == .absent ? "-" : "(\(reading.quality.reason.name))"
        }
        let text =
          switch value {
          case .boolean(let flag): "\(flag)"
          case .integer(let number): "\(number)"
          case .float64(let number): "\(number)"
          case .float32(let number): "\(number)"
          }
        return reading.quality == .good ? text : "\(text)?"
      }.joined(separator: " ")
    }
  }

  struct Case: Sendable {
    var format: MessageFormat
    var conditions: [FieldCondition] = []
    /// `name` is a number, `name: string` a string.
    var fields: [String]
    var lines: [(String, String)]
  }

  static let scale = #"^(?<state>ST|US),GS,(?<weight>[-+ ]*[\d.]+) ?kg$"#
  static let cases: [Case] = [
    Case(
      format: .pattern(scale), fields: ["weight"],
      lines: [
        ("ST,GS,+  12.345kg", "12.345"), ("US,GS,-0.5 kg", "-0.5"), ("ST,GS,   7 kg", "7.0"), ("ST,GS,12", "not mine"),
        ("xx ST,GS,1kg", "not mine"), ("ST,GS,1.2.3kg", "(undecodable value)"),
      ]),
    Case(
      format: .pattern(#"T=(?<t>\S+)(?: H=(?<h>\S+))?"#), fields: ["t", "h"],
      lines: [("T=21.5 H=40", "21.5 40.0"), ("T=21.5", "21.5 -"), ("noise T=1", "1.0 -"), ("H=1", "not mine")]),
    Case(
      format: .json, fields: ["t", "wind.speed", "cells[1]", "cells.0"],
      lines: [
        (#"{"t":21.5,"wind":{"speed":3},"cells":[4,5]}"#, "21.5 3.0 5.0 4.0"),
        (#" {"t" : "21.5" , "x":null }"#, "not mine"), (#"{"t":"21.5","wind":null}"#, "21.5 - - -"),
        (#"{"t":nan,"wind":{"speed":-1e1}}"#, "(undecodable value) -10.0 - -"),
        (#"{"t":null}"#, "(sensor fault) - - -"), (#"{"t":{"a":1}}"#, "(undecodable value) - - -"),
        (#"{"t":1,"t":2}"#, "2.0 - - -"), (#"{"\u0074":3}"#, "3.0 - - -"), (#"{"t":21.5"#, "not mine"),
        (#"{"t":21.5}}"#, "not mine"), (#"{"t":21.5,}"#, "not mine"), (#"{t:21.5}"#, "not mine"), ("21.5", "not mine"),
        (#"{"other":1}"#, "not mine"), (#"{"t":"a\qb"}"#, "not mine"), (#"{"t":"\ud800"}"#, "not mine"),
      ].filter { !$0.0.hasPrefix(" ") }),
    Case(
      format: .json,
      conditions: [FieldCondition(field: "model", text: "TX29"), FieldCondition(field: "id", text: "12")],
      fields: ["t"],
      lines: [
        (#"{"model":"TX29","id":12,"t":1}"#, "1.0"), (#"{"model":"TX29","id":13,"t":1}"#, "not mine"),
        (#"{"model":"Other","id":12,"t":1}"#, "not mine"),
      ]),
    Case(
      format: .csv(CSVLayout()), fields: ["1", "3"],
      lines: [
        ("21.5,ok,7", "21.5 7.0"), ("21.5,,7,8", "21.5 7.0"), (#""21.5","a,b",7"#, "21.5 7.0"), ("21.5,1", "not mine"),
        (",1,7", "(sensor fault) 7.0"), ("Temp,x,Hum", "not mine"), (#"1,"x,3"#, "not mine"),
        ("21.5,ok,--", "21.5 (undecodable value)"),
      ]),
    Case(
      format: .csv(CSVLayout(separator: UInt8(ascii: ";"), columns: .named(["time", "temp"]))), fields: ["temp"],
      lines: [("12:00;21.5", "21.5"), ("12:00;21.5;1", "not mine"), ("21.5", "not mine")]),
    Case(
      format: .csv(CSVLayout(columns: .header)), fields: ["temp", "hum"],
      lines: [
        ("1,2,3", "not mine"), ("time,hum,temp", "ignored"), ("12:00,40,21.5", "21.5 40.0"), ("40,21.5", "not mine"),
        ("temp,hum", "ignored"), ("1,2", "1.0 2.0"),
      ]),
    Case(
      format: .csv(CSVLayout(separator: 0x20, count: 2)), fields: ["2"],
      lines: [("a   7", "7.0"), ("a 7 8", "not mine"), ("a\t8", "8.0")]),
    Case(
      format: .keyValue(KeyValueLayout()), fields: ["T", "H"],
      lines: [
        ("T=21.5 H=40", "21.5 40.0"), ("T:21.5;H:40", "21.5 40.0"), ("T=21.5 C,H=40 %", "21.5 40.0"),
        ("H=", "- (sensor fault)"), ("X=1", "not mine"), ("T=1&T=2", "2.0 -"), ("hello", "not mine"),
      ]),
    Case(
      format: .keyValue(KeyValueLayout(separator: UInt8(ascii: "|"), assignment: UInt8(ascii: "~"))), fields: ["a b"],
      lines: [("a b ~ 1 |c~2", "1.0"), ("a b=1", "not mine")]),
    Case(
      format: .pattern(scale), fields: ["state:string", "weight"],
      lines: [("ST,GS,+  12.345kg", "'ST' 12.345"), ("US,GS,7 kg", "'US' 7.0")]),
    Case(
      format: .pattern("^(?<s>.*)$"), fields: ["s:string"],
      lines: [
        ("  Tür 7\t", "'Tür 7'"), ("  ", "(sensor fault)"), ("a\u{1}b", "(undecodable value)"), ("null", "'null'"),
      ]),
    Case(
      format: .json, fields: ["s:string", "t"],
      lines: [
        (#"{"s":"a\u00e4\n","t":1}"#, "'aä\n' 1.0"), (#"{"s":true}"#, "'true' -"), (#"{"s":12.50}"#, "'12.50' -"),
        (#"{"s":null,"t":"x"}"#, "(sensor fault) (undecodable value)"), (#"{"s":[1]}"#, "(undecodable value) -"),
        (#"{"s":""}"#, "(sensor fault) -"),
      ]),
    Case(
      format: .csv(CSVLayout()), fields: ["1:string", "2"],
      lines: [
        ("door,7", "'door' 7.0"), (#""a, ""b""",7"#, #"'a, "b"' 7.0"#), ("name,count", "not mine"),
        (",7", "(sensor fault) 7.0"),
      ]),
    Case(format: .csv(CSVLayout(count: 2)), fields: ["1:string"], lines: [("a,b", "'a'"), ("a", "not mine")]),
    Case(
      format: .keyValue(KeyValueLayout()), fields: ["S:string", "H"],
      lines: [("S=open H=40", "'open' 40.0"), ("S=", "(sensor fault) -"), ("H=1", "- 1.0")]),
  ]

  @Test("Each line gives its values, or is another's", arguments: cases.indices)
  func table(_ index: Int) throws {
    let one = Self.cases[index]
    let points = one.fields.map { field in
      field.hasSuffix(":string")
        ? FieldPoint(field: String(field.dropLast(7)), type: .string) : FieldPoint(field: field)
    }
    var reader = try MessageReader(one.format, where: one.conditions, points: points)
    for (line, expected) in one.lines {
      #expect(Self.words(reader.read(Array(line.utf8)), points) == expected, "\(line)")
    }
  }

  @Test(
    "Positions are never strings or whole numbers, and JSON is never Latin-1; a field as it is sent may be a string")
  func typesOfFields() throws {
    for type in FieldType.allCases where type != .number {
      let point = FieldPoint(field: "RMC.latitude", type: type)
      #expect { try MessageReader(.nmea(NMEALayout()), points: [point]) } throws: {
        ($0 as? FormatError)?.message
          == "is computed from what is sent, so that its type is number, not \(type.rawValue)"
      }
    }
    let latin = FieldPoint(field: "s", type: .string, encoding: .latin1)
    #expect(throws: FormatError.self) { try MessageReader(.json, points: [latin]) }
    let points = [FieldPoint(field: "RMC.2", type: .string), FieldPoint(field: "XDR.A", type: .integer)]
    var reader = try MessageReader(.nmea(NMEALayout()), points: points)
    let line = NMEATests.sentence("GPRMC,081836,A,3751.65,S,14507.36,E,000.0,360.0,130998,011.3,E")
    #expect(Self.words(reader.read(line), points) == "'A' -")
  }

  @Test("A wrong byte spoils no other field of its line")
  func otherEncodings() throws {
    let points = [FieldPoint(field: "t")]
    var reader = try MessageReader(.pattern(#"^(?<t>[\d.]+) .C$"#), points: points)
    #expect(Self.words(reader.read(Array("21.5 ".utf8) + [0xb0] + Array("C".utf8)), points) == "21.5")
    var json = try MessageReader(.json, points: points)
    #expect(json.read(Array(#"{"t":1,"u":""#.utf8) + [0xb0] + Array(#"C"}"#.utf8)) == .notMine)
  }

  @Test("A pattern that would take for ever is stopped, and says so")
  func costlyPattern() throws {
    var reader = try MessageReader(.pattern(#"^(?<t>(a+)+)$"#), points: [FieldPoint(field: "t")])
    guard case .damaged(.undecodable, let text) = reader.read([UInt8](repeating: 0x61, count: 500) + [0x62]) else {
      Issue.record("it was not stopped")
      return
    }
    #expect(text.contains("too many steps"))
  }

  static let bad: [(MessageFormat, String, String)] = [
    (.pattern("T=(?<t>"), "t", "is no regular expression: missing closing parenthesis at character 8"),
    (.pattern("T=(.*)"), "t", "names 't', and the pattern has no group of that name"),
    (.pattern(String(repeating: "a", count: 2_049)), "t", "has 2049 bytes"),
    (.csv(CSVLayout()), "0", "is '0', and columns have numbers from 1 to 512"),
    (.csv(CSVLayout(columns: .named(["a"]))), "b", "names 'b', which is no column"),
    (.nmea(NMEALayout()), "GPRMC.latitude", "names no sentence"),
    (.nmea(NMEALayout()), "RMC.lat", "names 'lat', which RMC does not have"),
    (.nmea(NMEALayout()), "RMC", "names no sentence"), (.nmea(NMEALayout()), "RMC.81", "has field 81"),
    (.nmea(NMEALayout()), "ABC.x", "names the sentence ABC, of which no names are known"),
  ]

  @Test("A format that cannot work says why", arguments: bad.indices)
  func badFormats(_ index: Int) {
    let (format, field, message) = Self.bad[index]
    #expect { try MessageReader(format, points: [FieldPoint(field: field)]) } throws: {
      ($0 as? FormatError)?.message == message
    }
  }
}
