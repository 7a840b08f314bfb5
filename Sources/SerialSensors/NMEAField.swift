/// Where a named value stands in an NMEA sentence, and how it is read.
enum NMEAField: Hashable, Sendable {
  /// A number, times a factor.
  case number(Int, times: Double = 1)
  /// `ddmm.mmmm` and the letter of the hemisphere behind it: degrees, south and west negative.
  case degrees(Int)
  /// A number whose unit stands in a field of its own: metres a second.
  case speed(Int, unit: Int)
  /// A number that is only meant when another field has this letter.
  case when(Int, is: UInt8, field: Int)
  /// A speed that is only meant when another field has this letter.
  case speedWhen(Int, unit: Int, is: UInt8, field: Int)
  /// The measurement of a transducer of this name (XDR).
  case transducer(String)

  /// Its value is not what is sent: another unit, a sign from another field.
  var isComputed: Bool {
    switch self {
    case .number(_, let factor): factor != 1
    case .degrees, .speed, .speedWhen: true
    case .when, .transducer: false
    }
  }

  /// Sentences and the names of what is read from them (NMEA 0183 4.11 and the manuals of weather stations).
  static let names: [String: [String: NMEAField]] = [
    "GGA": [
      "latitude": .degrees(2), "longitude": .degrees(4), "fix": .number(6), "satellites": .number(7),
      "hdop": .number(8), "altitude": .number(9), "geoid": .number(11),
    ],
    "GNS": [
      "latitude": .degrees(2), "longitude": .degrees(4), "satellites": .number(7), "hdop": .number(8),
      "altitude": .number(9), "geoid": .number(10),
    ],
    "RMC": [
      "latitude": .degrees(3), "longitude": .degrees(5), "speed_knots": .number(7),
      "speed_kmh": .number(7, times: 1.852), "course": .number(8),
    ],
    "GLL": ["latitude": .degrees(1), "longitude": .degrees(3)],
    "GSA": ["fix": .number(2), "pdop": .number(15), "hdop": .number(16), "vdop": .number(17)],
    "VTG": ["course": .number(1), "speed_knots": .number(5), "speed_kmh": .number(7)],
    "HDT": ["heading": .number(1)],
    "HDG": ["heading": .number(1)],
    "HDM": ["heading": .number(1)],
    "ROT": ["rate": .number(1)],
    "MWV": [
      "true_angle": .when(1, is: UInt8(ascii: "T"), field: 2),
      "relative_angle": .when(1, is: UInt8(ascii: "R"), field: 2),
      "true_speed": .speedWhen(3, unit: 4, is: UInt8(ascii: "T"), field: 2),
      "relative_speed": .speedWhen(3, unit: 4, is: UInt8(ascii: "R"), field: 2),
    ],
    "MWD": [
      "true_direction": .number(1), "magnetic_direction": .number(3), "speed_knots": .number(5), "speed": .number(7),
    ],
    "MDA": [
      "pressure": .number(3, times: 1_000), "air_temperature": .number(5), "water_temperature": .number(7),
      "humidity": .number(9), "dew_point": .number(11), "true_direction": .number(13),
      "magnetic_direction": .number(15), "wind_knots": .number(17), "wind": .number(19),
    ],
    "MTW": ["water_temperature": .number(1)],
    "MTA": ["air_temperature": .number(1)],
    "MMB": ["pressure": .number(3, times: 1_000)],
    "MHU": ["humidity": .number(1), "dew_point": .number(3)],
    "DBT": ["depth": .number(3)],
    "DPT": ["depth": .number(1), "offset": .number(2)],
    "VHW": ["heading": .number(1), "speed_knots": .number(5), "speed_kmh": .number(7)],
    "RPM": ["speed": .number(3), "pitch": .number(4)],
  ]

  /// From `RMC.latitude`, `XDR.TEMP_AIR` or, for any sentence, `PGRME.1`.
  static func find(_ text: String) throws(FormatError) -> (sentence: String, field: NMEAField) {
    guard let dot = text.firstIndex(of: ".") else {
      throw FormatError(
        "names no sentence", hint: "write SENTENCE.NAME or SENTENCE.NUMBER, for example RMC.latitude or PGRME.1")
    }
    let sentence = String(text[..<dot])
    let name = String(text[text.index(after: dot)...])
    let isProprietary = sentence.hasPrefix("P") && sentence.count > 3
    guard sentence.count == 3 || isProprietary, sentence.utf8.allSatisfy({ (48...90).contains($0) && $0 != 58 }),
      !name.isEmpty
    else {
      throw FormatError(
        "names no sentence", hint: "a sentence has three capital letters without the talker's two: RMC, not GPRMC")
    }
    if let number = Int(name) {
      guard (1...80).contains(number) else { throw FormatError("has field \(number)", hint: "fields are 1 to 80") }
      return (sentence, .number(number))
    }
    if sentence == "XDR" { return (sentence, .transducer(name)) }
    guard let known = names[sentence] else {
      throw FormatError(
        "names the sentence \(sentence), of which no names are known",
        hint: "give the number of the field: \(sentence).1, or one of: \(names.keys.sorted().joined(separator: ", "))")
    }
    guard let field = known[name] else {
      throw FormatError(
        "names '\(name)', which \(sentence) does not have",
        hint: "its names are: \(known.keys.sorted().joined(separator: ", ")); or a number: \(sentence).1")
    }
    return (sentence, field)
  }
}
