import SerialSensors
import Telemetry
import Testing

@Suite("NMEA 0183")
struct NMEATests {
  static func sentence(_ body: String) -> [UInt8] {
    let sum = body.utf8.reduce(0, ^)
    let digits = String(sum, radix: 16, uppercase: true)
    return Array("$\(body)*\(digits.count == 1 ? "0" : "")\(digits)".utf8)
  }

  static let cases: [(fields: [String], body: String, words: String)] = [
    (
      ["GGA.latitude", "GGA.longitude", "GGA.altitude", "GGA.satellites"],
      "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,", "48.1173 11.51666667 545.4 8.0"
    ),
    (["GGA.latitude"], "GNGGA,123519,3351.5,S,15112.0,E,4,08,0.9,5.4,M,46.9,M,,", "-33.85833333"),
    (["GGA.latitude", "GGA.hdop"], "GPGGA,123519,,,,,0,00,99.9,,M,,M,,", "(sensor fault) (sensor fault)"),
    (["GGA.latitude"], "GPGGA,123519,4807.038,N,01131.000,E,6,08,0.9,545.4,M,46.9,M,,", "48.1173?"),
    (
      ["RMC.latitude", "RMC.speed_knots", "RMC.speed_kmh", "RMC.course"],
      "GPRMC,123519,A,4807.038,N,01131.000,W,022.4,084.4,230394,003.1,W", "48.1173 22.4 41.4848 84.4"
    ),
    (["RMC.latitude"], "GPRMC,123519,V,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W", "(sensor fault)"),
    (["RMC.latitude"], "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W,E", "48.1173?"),
    (["RMC.latitude"], "GPRMC,123519,A,4867.038,N,01131.000,E,022.4,084.4,230394,003.1,W", "(undecodable value)"),
    (["VTG.speed_kmh", "VTG.course"], "GPVTG,054.7,T,034.4,M,005.5,N,010.2,K,A", "10.2 54.7"),
    (
      ["MWV.relative_angle", "MWV.relative_speed", "MWV.true_speed"], "WIMWV,214.8,R,36.0,K,A",
      "214.8 10.0 -"
    ),
    (["MWV.true_speed"], "WIMWV,214.8,T,10.0,N,A", "5.144444"),
    (["MWV.true_speed"], "WIMWV,214.8,T,1,M,V", "(sensor fault)"),
    (
      ["MDA.pressure", "MDA.air_temperature", "MDA.humidity", "MDA.wind"],
      "WIMDA,29.92,I,1.0132,B,21.5,C,,,40.1,,7.5,C,120.0,T,,M,5.1,N,2.6,M", "1013.2 21.5 40.1 2.6"
    ),
    (["XDR.TEMP", "XDR.HUM", "XDR.NONE"], "WIXDR,C,21.5,C,TEMP,H,40,P,HUM", "21.5 40.0 -"),
    (["HDT.heading"], "HEHDT,274.07,T", "274.07"), (["PGRME.1"], "PGRME,15.0,M,45.0,M,25.0,M", "15.0"),
    (["GLL.latitude"], "GPGLL,4916.45,N,12311.12,W,225444,A,A", "49.27416667"),
    (["GLL.latitude"], "GPRMB,A,1", "ignored"),
    (["GNS.latitude"], "GNGNS,122310.2,3722.425671,N,12258.856215,W,DA,14,0.9,1005.543,6.5,,", "37.37376118"),
    (["GNS.latitude"], "GNGNS,122310.2,3722.425671,N,12258.856215,W,NN,14,0.9,1005.543,6.5,,", "(sensor fault)"),
  ]

  @Test(
    "Sentences give decimal degrees, units of their names, and what they say of themselves", arguments: cases.indices)
  func table(_ index: Int) throws {
    let one = Self.cases[index]
    let points = one.fields.map { FieldPoint(field: $0) }
    var reader = try MessageReader(.nmea(NMEALayout()), points: points)
    #expect(MessageReaderTests.words(reader.read(Self.sentence(one.body)), points) == one.words)
  }

  @Test("Every single changed byte of a sentence is found out, or leaves no sentence")
  func damage() throws {
    let points = [FieldPoint(field: "GGA.latitude")]
    var reader = try MessageReader(.nmea(NMEALayout()), points: points)
    let good = Self.sentence("GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,")
    for place in good.indices {
      for bit in 0..<8 {
        var line = good
        line[place] ^= 1 << UInt8(bit)
        if case .readings(let readings, _) = reader.read(line) {
          // The case of a hexadecimal digit says nothing.
          #expect(place >= good.count - 2 && bit == 5, "byte \(place), bit \(bit): \(readings)")
        }
      }
    }
  }

  @Test("A sentence after noise is read; one without a check sum only where that was said")
  func beginnings() throws {
    let points = [FieldPoint(field: "HDT.heading")]
    var strict = try MessageReader(.nmea(NMEALayout()), points: points)
    var lenient = try MessageReader(.nmea(NMEALayout(acceptsMissingChecksum: true)), points: points)
    let noisy = Array("$GPGGA,12#".utf8) + Self.sentence("HEHDT,10.5,T")
    #expect(MessageReaderTests.words(strict.read(noisy), points) == "10.5")
    let bare = Array("$HEHDT,10.5,T".utf8)
    #expect(MessageReaderTests.words(strict.read(bare), points) == "damaged: checksum error")
    #expect(MessageReaderTests.words(lenient.read(bare), points) == "10.5")
    #expect(MessageReaderTests.words(lenient.read(bare + Array("*00".utf8)), points) == "damaged: checksum error")
    #expect(strict.read(Array("hello".utf8)) == .notMine)
  }
}
