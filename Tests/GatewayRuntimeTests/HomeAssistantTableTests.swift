import Foundation
import GatewayConfiguration
import Testing

/// What Home Assistant allows, as its own package says (`HomeAssistant/classes.py`).
struct HomeAssistantTable: Decodable {
  var version: String
  var keys: [String: Set<String>]
  var sensorUnits: [String: Set<String>]
  var sensorStateClasses: [String: Set<String>]
  var numberUnits: [String: Set<String>]
  var binarySensorClasses: [String]
  var switchClasses: [String]

  static func load() throws -> Self {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appendingPathComponent("HomeAssistant/classes-2024.3.3.json"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Self.self, from: data)
  }
}

@Suite("Home Assistant's classes and units")
struct HomeAssistantTableTests {
  @Test("Our table of classes says what Home Assistant's does")
  func classes() throws {
    let table = try HomeAssistantTable.load()
    let leftOut: Set = ["data_rate", "data_size"]
    #expect(Set(SensorClass.all.map(\.name)) == Set(table.sensorUnits.keys).subtracting(leftOut))
    for known in SensorClass.all {
      // The specification's own micro sign and the Greek letter look alike.
      #expect(Set(known.units) == table.sensorUnits[known.name], "\(known.name)")
      #expect(Set(known.stateClasses.map(\.rawValue)) == table.sensorStateClasses[known.name], "\(known.name)")
    }
    #expect(BinaryClass.sensors == table.binarySensorClasses)
    #expect(BinaryClass.switches == table.switchClasses)
  }

  @Test(
    "What follows from a unit and a name",
    arguments: [
      ("°C", "supply_temp", "°C", "temperature", "measurement"), ("degC", "x", "°C", "temperature", "measurement"),
      ("kWh", "energy", "kWh", "energy", "total_increasing"), ("kwh", "e", "kWh", "energy", "total_increasing"),
      ("%", "humidity", "%", "humidity", "measurement"), ("%RH", "x", "%", "humidity", "measurement"),
      ("%", "soil_moisture", "%", "moisture", "measurement"), ("%", "battery", "%", "battery", "measurement"),
      ("%", "valve", "%", nil, "measurement"), ("V", "l1", "V", "voltage", "measurement"),
      ("A", "l1", "A", "current", "measurement"), ("kW", "p", "kW", "power", "measurement"),
      ("VA", "s", "VA", "apparent_power", "measurement"), ("kVA", "s", "kVA", nil, "measurement"),
      ("var", "q", "var", "reactive_power", "measurement"), ("Hz", "f", "Hz", "frequency", "measurement"),
      ("bar", "p", "bar", "pressure", "measurement"), ("Pa", "p", "Pa", "pressure", "measurement"),
      ("lux", "light", "lx", "illuminance", "measurement"), ("ppm", "co2", "ppm", "carbon_dioxide", "measurement"),
      ("ppm", "x", "ppm", nil, "measurement"), ("m3", "water_total", "m³", "water", "total_increasing"),
      ("m³", "gas", "m³", "gas", "total_increasing"), ("m³", "tank", "m³", "volume_storage", "measurement"),
      ("m³", "total", "m³", "volume", "total_increasing"), ("L", "x", "L", "volume_storage", "measurement"),
      ("m³/h", "flow", "m³/h", "volume_flow_rate", "measurement"), ("kg", "w", "kg", "weight", "measurement"),
      ("mm", "rain", "mm", "precipitation", "measurement"), ("mm", "gap", "mm", "distance", "measurement"),
      ("m/s", "wind", "m/s", "wind_speed", "measurement"), ("m/s", "belt", "m/s", "speed", "measurement"),
      ("pH", "tank", nil, "ph", "measurement"), ("", "power_factor", nil, "power_factor", "measurement"),
      ("", "parts", nil, nil, "measurement"), ("rpm", "speed", "rpm", nil, "measurement"),
      ("h", "run_time", "h", "duration", "measurement"), ("W/m2", "sun", "W/m²", "irradiance", "measurement"),
    ] as [(String, String, String?, String?, String)])
  func meanings(_ text: String, _ tag: String, _ unit: String?, _ deviceClass: String?, _ stateClass: String) {
    let meaning = UnitMeaning(unit: text, tag: tag)
    #expect(meaning.unit == unit)
    #expect(meaning.deviceClass == deviceClass)
    #expect(meaning.stateClass.rawValue == stateClass)
  }

  @Test("Whatever the unit and the name, Home Assistant allows what follows, for sensors and for numbers")
  func allowed() throws {
    let table = try HomeAssistantTable.load()
    let units = Set(SensorClass.all.flatMap(\.units)).union(["C", "%RH", "m3", "l", "pH", "kVA", "rpm", "t", "dB", "K"])
    let names = [
      "x", "humidity", "soil_moisture", "battery", "co2", "voc", "monoxide", "water", "gas", "gas_tank", "total",
      "rain",
      "wind", "pm25", "pm10", "pm1", "ozone", "temp", "power_factor", "aqi",
    ]
    for unit in units {
      for name in names {
        let meaning = UnitMeaning(unit: unit, tag: name)
        guard let deviceClass = meaning.deviceClass else { continue }
        #expect(table.sensorUnits[deviceClass]?.contains(meaning.unit ?? "") == true, "\(unit) \(name) \(meaning)")
        #expect(table.numberUnits[deviceClass]?.contains(meaning.unit ?? "") == true, "\(unit) \(name) \(meaning)")
        #expect(table.sensorStateClasses[deviceClass]?.contains(meaning.stateClass.rawValue) == true, "\(meaning)")
      }
    }
  }
}
