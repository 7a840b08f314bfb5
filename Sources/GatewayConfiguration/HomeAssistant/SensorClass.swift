/// Home Assistant's device classes of sensors, with the units that each allows (`homeassistant.components.sensor.const`,
/// version 2024.3.3; a test compares this table with that file). Later versions added classes and units and took none away.
public struct SensorClass: Hashable, Sendable {
  /// How a class may be counted over time.
  public enum StateClass: String, Sendable, CaseIterable {
    case measurement
    case total
    case totalIncreasing = "total_increasing"
  }

  public var name: String
  /// As Home Assistant writes them; the empty text is a value without a unit.
  public var units: [String]
  /// Empty: any.
  public var stateClasses: [StateClass]

  private init(_ name: String, _ units: [String], _ stateClasses: [StateClass] = [.measurement]) {
    self.name = name
    self.units = units
    self.stateClasses = stateClasses
  }

  public static func named(_ name: String) -> Self? { all.first { $0.name == name } }

  private static let totals: [StateClass] = [.total, .totalIncreasing]
  private static let anyState: [StateClass] = [.measurement, .total, .totalIncreasing]
  private static let volumes = ["CCF", "L", "fl. oz.", "ft³", "gal", "mL", "m³"]
  private static let energies = ["GJ", "MJ", "MWh", "Wh", "kWh"]
  private static let pressures = ["Pa", "bar", "cbar", "hPa", "inHg", "kPa", "mbar", "mmHg", "psi"]
  private static let speeds = ["ft/s", "km/h", "kn", "m/s", "mph"]
  private static let micrograms = ["µg/m³"]

  /// Classes that carry a number and a unit; `date`, `timestamp`, `enum`, `monetary` and the data classes are left out.
  public static let all: [Self] = [
    Self("apparent_power", ["VA"]), Self("aqi", [""]), Self("atmospheric_pressure", pressures), Self("battery", ["%"]),
    Self("carbon_dioxide", ["ppm"]), Self("carbon_monoxide", ["ppm"]), Self("current", ["A", "mA"]),
    Self("distance", ["cm", "ft", "in", "km", "m", "mi", "mm", "yd"], anyState),
    Self("duration", ["d", "h", "min", "ms", "s"], anyState), Self("energy", energies, totals),
    Self("energy_storage", energies), Self("frequency", ["GHz", "Hz", "MHz", "kHz"]),
    Self("gas", ["CCF", "ft³", "m³"], totals), Self("humidity", ["%"]), Self("illuminance", ["lx"]),
    Self("irradiance", ["BTU/(h⋅ft²)", "W/m²"]), Self("moisture", ["%"]), Self("nitrogen_dioxide", micrograms),
    Self("nitrogen_monoxide", micrograms), Self("nitrous_oxide", micrograms), Self("ozone", micrograms),
    Self("ph", [""]), Self("pm1", micrograms), Self("pm10", micrograms), Self("pm25", micrograms),
    Self("power", ["W", "kW"]), Self("power_factor", ["", "%"]), Self("precipitation", ["cm", "in", "mm"], anyState),
    Self("precipitation_intensity", ["in/d", "in/h", "mm/d", "mm/h"]), Self("pressure", pressures),
    Self("reactive_power", ["var"]), Self("signal_strength", ["dB", "dBm"]), Self("sound_pressure", ["dB", "dBA"]),
    Self("speed", speeds + ["in/d", "in/h", "mm/d", "mm/h"]), Self("sulphur_dioxide", micrograms),
    Self("temperature", ["K", "°C", "°F"]), Self("volatile_organic_compounds", micrograms),
    Self("volatile_organic_compounds_parts", ["ppb", "ppm"]), Self("voltage", ["V", "mV"]),
    Self("volume", volumes, totals), Self("volume_flow_rate", ["L/min", "ft³/min", "gal/min", "m³/h"]),
    Self("volume_storage", volumes), Self("water", ["CCF", "L", "ft³", "gal", "m³"], totals),
    Self("weight", ["g", "kg", "lb", "mg", "oz", "st", "µg"], anyState), Self("wind_speed", speeds),
  ]
}
