/// What can be called in an expression.
enum ExpressionFunction: String, CaseIterable, Hashable, Sendable {
  case `if`
  case min, max, clamp
  case abs, round, floor, ceil
  case sqrt, exp, ln, log10, sin, cos, pow
  case interpolate
  case dewPoint = "dew_point"
  case absoluteHumidity = "absolute_humidity"
  case number
  case isGood = "is_good"
  case lastGood = "last_good"
  case age
  case `as`

  /// How many values it takes.
  var arguments: ClosedRange<Int> {
    switch self {
    case .if, .clamp: 3...3
    case .min, .max: 2...ExpressionLimits.parts
    case .round: 1...2
    case .interpolate: 5...ExpressionLimits.parts
    case .pow, .dewPoint, .absoluteHumidity, .as: 2...2
    case .abs, .floor, .ceil, .sqrt, .exp, .ln, .log10, .sin, .cos, .number, .isGood, .lastGood, .age: 1...1
    }
  }

  /// As it is called, for messages.
  var example: String {
    switch self {
    case .if: "if(boiler/pump, boiler/flow, 0)"
    case .min, .max: "\(rawValue)(a/x, b/x)"
    case .clamp: "clamp(a/x, 0, 100)"
    case .round: "round(a/x, 1)"
    case .interpolate: "interpolate(tank/level, 0, 0, 100, 2500)"
    case .pow: "pow(a/x, 2)"
    case .dewPoint, .absoluteHumidity: "\(rawValue)(room/temperature, room/humidity)"
    case .as: "as(plc/temp - 273.15, \"°C\")"
    case .number, .isGood, .lastGood, .age: "\(rawValue)(boiler/pump)"
    default: "\(rawValue)(a/x)"
    }
  }
}
