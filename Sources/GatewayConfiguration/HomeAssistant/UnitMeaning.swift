/// What a unit says to Home Assistant: how it writes the unit, and which device class and state class follow.
///
/// A unit that measures several things (%, ppm, m³, mm …) is decided by words in the tag's name; without one of them there
/// is no device class, which is always allowed. Pure, so that the table can be tested.
public struct UnitMeaning: Hashable, Sendable {
  /// As Home Assistant writes it, or as the configuration does when it knows no such unit; nil without one.
  public var unit: String?
  public var deviceClass: String?
  public var stateClass: SensorClass.StateClass

  public init(unit text: String, tag: String) {
    let isAcidity = text.lowercased() == "ph"
    // Home Assistant's class of acidity has no unit.
    let unit = isAcidity ? "" : Self.spelling(text)
    let isHumidity = text.uppercased().filter { $0 != " " } == "%RH"
    let found = isAcidity ? "ph" : isHumidity ? "humidity" : Self.deviceClass(unit, Self.Words(tag))
    self.unit = unit.isEmpty ? nil : unit
    deviceClass = found
    stateClass = .measurement
    if let allowed = found.flatMap(SensorClass.named)?.stateClasses, !allowed.contains(.measurement) {
      stateClass = .totalIncreasing
    }
  }

  /// Spellings that people use, by Home Assistant's own.
  private static let spellings: [String: [String]] = [
    "°C": ["C", "degC", "deg C", "º C", "ºC", "° C", "℃"], "°F": ["F", "degF", "℉"],
    "%": ["%RH", "% RH", "%rH", "percent", "pct"],
    "m³": ["m3", "m^3", "cbm"], "m³/h": ["m3/h", "m^3/h", "cbm/h"], "L": ["l", "ltr", "liter", "litre"],
    "L/min": ["l/min", "lpm"], "mL": ["ml"], "lx": ["lux", "Lux"], "kWh": ["kwh", "KWh"], "Wh": ["wh"], "MWh": ["mwh"],
    "W/m²": ["W/m2", "W/m^2"], "var": ["VAr", "VAR", "Var"], "A": ["Amp", "amps"], "V": ["Volt", "volts"],
    "s": ["sec", "seconds"], "h": ["hr", "hrs", "hours"], "min": ["mins", "minutes"], "d": ["days"], "Hz": ["hz"],
    "µg/m³": ["ug/m3", "µg/m3", "μg/m³", "ug/m³", "μg/m3"], "km/h": ["kph", "kmh"], "m/s": ["mps"], "psi": ["PSI"],
    "mmHg": ["mmhg"], "inHg": ["inhg"], "hPa": ["hpa"], "kPa": ["kpa"], "Pa": ["pa"], "mm": ["millimetre"],
  ]

  static func spelling(_ text: String) -> String {
    spellings.first { $0.value.contains(text) }?.key ?? text
  }

  /// The words of a tag's name, in lower case.
  struct Words {
    private let name: String

    init(_ name: String) { self.name = name.lowercased() }

    func has(_ parts: String...) -> Bool { parts.contains { name.contains($0) } }
  }

  /// Units that mean one thing only.
  private static let certain: [String: String] = [
    "°C": "temperature", "°F": "temperature", "W": "power", "kW": "power", "VA": "apparent_power",
    "var": "reactive_power",
    "V": "voltage", "mV": "voltage", "A": "current", "mA": "current", "Hz": "frequency", "kHz": "frequency",
    "MHz": "frequency", "GHz": "frequency", "kWh": "energy", "Wh": "energy", "MWh": "energy", "MJ": "energy",
    "GJ": "energy", "Pa": "pressure", "hPa": "pressure", "kPa": "pressure", "bar": "pressure", "mbar": "pressure",
    "cbar": "pressure", "psi": "pressure", "mmHg": "pressure", "inHg": "pressure", "lx": "illuminance",
    "W/m²": "irradiance", "L/min": "volume_flow_rate", "m³/h": "volume_flow_rate", "ft³/min": "volume_flow_rate",
    "gal/min": "volume_flow_rate", "kg": "weight", "g": "weight", "mg": "weight", "lb": "weight", "oz": "weight",
    "s": "duration", "min": "duration", "h": "duration", "ms": "duration", "dBm": "signal_strength",
    "dBA": "sound_pressure", "mm/h": "precipitation_intensity", "mm/d": "precipitation_intensity", "m": "distance",
    "km": "distance", "cm": "distance", "mi": "distance", "ppb": "volatile_organic_compounds_parts",
  ]

  private static func deviceClass(_ unit: String, _ words: Words) -> String? {
    if let known = certain[unit] { return known }
    switch unit {
    case "K": return words.has("temp") ? "temperature" : nil
    case "%":
      if words.has("moist") { return "moisture" }
      if words.has("humid", "rh") { return "humidity" }
      if words.has("batt", "soc") { return "battery" }
      return words.has("power_factor", "powerfactor", "cosphi", "cos_phi") ? "power_factor" : nil
    case "ppm":
      if words.has("co2", "dioxide") { return "carbon_dioxide" }
      return words.has("voc") ? "volatile_organic_compounds_parts" : words.has("monoxide") ? "carbon_monoxide" : nil
    case "m³", "L", "ft³", "gal", "CCF", "mL": return volume(unit, words)
    case "mm": return words.has("rain", "precip") ? "precipitation" : "distance"
    case "m/s", "km/h", "mph", "kn", "ft/s": return words.has("wind", "gust") ? "wind_speed" : "speed"
    case "µg/m³":
      if words.has("pm25", "pm2_5", "pm2.5") { return "pm25" }
      return words.has("pm10") ? "pm10" : words.has("pm1") ? "pm1" : words.has("ozone", "o3") ? "ozone" : nil
    case "":
      if words.has("power_factor", "powerfactor", "cosphi", "cos_phi") { return "power_factor" }
      return words.has("aqi") ? "aqi" : nil
    default: return nil
    }
  }

  /// What a meter counts, or what is in a tank.
  private static func volume(_ unit: String, _ words: Words) -> String {
    let allowed = { (name: String) in SensorClass.named(name)?.units.contains(unit) == true }
    if words.has("tank", "level", "stock", "storage") { return "volume_storage" }
    if words.has("gas"), allowed("gas") { return "gas" }
    if words.has("water"), allowed("water") { return "water" }
    return words.has("total", "count", "meter", "consum") ? "volume" : "volume_storage"
  }
}
