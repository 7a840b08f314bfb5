import CMath
import Telemetry

/// What each step does with the stack.
extension ExpressionProgram {
  static func perform(_ operation: ExpressionOperation, _ stack: inout ExpressionStack, _ tables: [Double]) {
    switch operation {
    case .constant(let number): stack.push(ExpressionValue(number))
    case .add: stack.join { $0 + $1 }
    case .subtract: stack.join { $0 - $1 }
    case .multiply: stack.join { $0 * $1 }
    case .divide: stack.join { $0 / $1 }
    case .remainder: stack.join { remainder($0, $1) }
    case .power: stack.join { fieldgate_pow($0, $1) }
    case .negate: stack.change { -$0 }
    case .less: stack.join { $0 < $1 ? 1 : 0 }
    case .lessOrEqual: stack.join { $0 <= $1 ? 1 : 0 }
    case .greater: stack.join { $0 > $1 ? 1 : 0 }
    case .greaterOrEqual: stack.join { $0 >= $1 ? 1 : 0 }
    case .equal: stack.join { $0 == $1 ? 1 : 0 }
    case .notEqual: stack.join { $0 != $1 ? 1 : 0 }
    case .and: decide(&stack, by: false)
    case .or: decide(&stack, by: true)
    case .not: stack.change { $0 == 0 ? 1 : 0 }
    case .min: stack.join { $1 < $0 ? $1 : $0 }
    case .max: stack.join { $1 > $0 ? $1 : $0 }
    case .abs: stack.change { $0.magnitude }
    case .floor: stack.change { $0.rounded(.down) }
    case .ceil: stack.change { $0.rounded(.up) }
    case .round(let digits): stack.change { rounded($0, digits: digits) }
    case .sqrt: stack.change { $0.squareRoot() }
    case .exp: stack.change { fieldgate_exp($0) }
    case .ln: stack.change { fieldgate_ln($0) }
    case .log10: stack.change { fieldgate_log10($0) }
    case .sin: stack.change { fieldgate_sin($0) }
    case .cos: stack.change { fieldgate_cos($0) }
    case .clamp, .interpolate, .dewPoint, .absoluteHumidity, .isGood, .merge: performRarer(operation, &stack, tables)
    // Done where the inputs are (``evaluate(_:places:stack:now:)``).
    case .input, .lastGood, .age, .matches, .branch, .jump: break
    }
  }

  private static func performRarer(
    _ operation: ExpressionOperation, _ stack: inout ExpressionStack, _ tables: [Double]
  ) {
    switch operation {
    case .clamp:
      let high = stack.pop(), low = stack.pop(), value = stack.pop()
      let quality = ExpressionValue.worse(ExpressionValue.worse(value.quality, low.quality), high.quality)
      stack.push(ExpressionValue(Swift.max(low.number, Swift.min(value.number, high.number)), quality))
    case .interpolate(let start, let points): stack.change { interpolated($0, tables, start, points) }
    case .dewPoint: humidity(&stack) { dewPoint(vapourPressure: $1) }
    case .absoluteHumidity: humidity(&stack) { absoluteHumidity($0, vapourPressure: $1) }
    case .isGood:
      let value = stack.pop()
      stack.push(ExpressionValue(value.quality.level == .good ? 1 : 0))
    case .merge:
      let result = stack.pop(), condition = stack.pop()
      stack.push(ExpressionValue(result.number, ExpressionValue.worse(condition.quality, result.quality)))
    default: break
    }
  }

  /// `and` is decided by one side that is false, `or` by one that is true, whatever the other side is (Kleene).
  private static func decide(_ stack: inout ExpressionStack, by deciding: Bool) {
    let right = stack.pop(), left = stack.pop()
    let leftDecides = deciding ? left.isTrue : left.isFalse
    let rightDecides = deciding ? right.isTrue : right.isFalse
    let isRightBetter = ExpressionValue.rank(right.quality) < ExpressionValue.rank(left.quality)
    let quality =
      switch (leftDecides, rightDecides) {
      case (true, true): isRightBetter ? right.quality : left.quality
      case (true, false): left.quality
      case (false, true): right.quality
      case (false, false): ExpressionValue.worse(left.quality, right.quality)
      }
    stack.push(ExpressionValue((leftDecides || rightDecides) == deciding ? 1 : 0, quality))
  }

  private static func remainder(_ number: Double, _ divisor: Double) -> Double {
    let rest = number.truncatingRemainder(dividingBy: divisor)
    if rest == 0 { return 0 }
    return (rest < 0) == (divisor < 0) ? rest : rest + divisor
  }

  /// Halves away from zero. Of a number too large for that many digits nothing changes.
  public static func rounded(_ number: Double, digits: Int) -> Double {
    guard digits > 0 else { return number.rounded(.toNearestOrAwayFromZero) }
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    let scaled = (number * factor).rounded(.toNearestOrAwayFromZero)
    return scaled.magnitude < 0x1p53 ? scaled / factor : number
  }

  /// Points are x0, y0, x1, y1 … with ascending x.
  private static func interpolated(_ x: Double, _ tables: [Double], _ start: Int, _ points: Int) -> Double {
    var index = start
    let last = start + 2 * (points - 1)
    if x <= tables[start] { return tables[start + 1] }
    while index < last, x > tables[index + 2] { index += 2 }
    if index == last { return tables[last + 1] }
    let (x0, y0, x1, y1) = (tables[index], tables[index + 1], tables[index + 2], tables[index + 3])
    return y0 + (x - x0) / (x1 - x0) * (y1 - y0)
  }

  // MARK: Moist air (WMO-No. 8, annex 4.B: saturation over water)

  private static let temperatures = -45.0...60.0

  /// - Parameter body: gets the temperature in °C and the vapour pressure in hPa.
  private static func humidity(_ stack: inout ExpressionStack, _ body: (Double, Double) -> Double) {
    let relative = stack.pop(), temperature = stack.pop()
    let quality = ExpressionValue.worse(temperature.quality, relative.quality)
    guard quality.hasValue else { return stack.push(ExpressionValue(0, quality)) }
    guard temperatures.contains(temperature.number), relative.number > 0, relative.number <= 105 else {
      return stack.push(ExpressionValue(0, .bad(.outOfRange)))
    }
    let saturation = 6.112 * fieldgate_exp(17.62 * temperature.number / (243.12 + temperature.number))
    let pressure = saturation * Swift.min(100, relative.number) / 100
    stack.push(ExpressionValue(body(temperature.number, pressure), quality))
  }

  private static func dewPoint(vapourPressure: Double) -> Double {
    let logarithm = fieldgate_ln(vapourPressure / 6.112)
    return 243.12 * logarithm / (17.62 - logarithm)
  }

  /// Grams in a cubic metre, with the gas constant of water vapour, 461.5 J/(kg K).
  private static func absoluteHumidity(_ temperature: Double, vapourPressure: Double) -> Double {
    vapourPressure * 100 / (461.5 * (temperature + 273.15)) * 1_000
  }
}
