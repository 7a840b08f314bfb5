import TagExpressions
import Telemetry

/// The text of an expression, parsed, compiled and, when it is good, worked out.
enum ExpressionTarget {
  private static let tags: TagDirectory = {
    var tags = TagDirectory()
    for (name, type) in [("temp", ValueType.float64), ("count", .integer), ("pump", .boolean), ("word", .text)] {
      tags.set(TagName(device: "boiler", tag: name), TagDefinition(name: name, type: type, unit: "°C"))
    }
    return tags
  }()

  static func run(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    do {
      let program = try ExpressionProgram(try ParsedExpression(text, in: "boiler"), tags: tags)
      var stack = ExpressionStack(depth: program.stackDepth)
      for input in inputs {
        let value = program.evaluate(
          Array(repeating: input, count: program.inputs.count), places: Array(program.inputs.indices), stack: &stack,
          now: MonotonicTime(nanoseconds: 5_000_000_000))
        precondition(!value.hasValue || value.number.isFinite, "a value that is no number")
      }
      return true
    } catch {
      precondition(error.offset >= 0 && error.offset <= text.utf8.count, "an error outside of the text")
      return false
    }
  }

  private static let inputs: [ExpressionInput] = {
    let definition = TagDefinition(name: "temp", type: .float64)
    return [0.0, -1, 1e308, -1e308, 5e-324, 0.1].map { number in
      var input = ExpressionInput()
      input.take(Reading(.float64(number)), definition, now: MonotonicTime(nanoseconds: 1_000_000_000))
      return input
    } + [ExpressionInput()]
  }()

  static let seeds = [
    "boiler/temp * 2 + 1", "min(boiler/temp, 3) / max(1, boiler/count)", "if(boiler/pump, boiler/temp, 0)",
    "as(boiler/temp / 1000, 'MWh')", "boiler/pump and boiler/temp < 20 or not boiler/pump",
    "dew_point(boiler/temp, 50)", "interpolate(boiler/temp, 0, 0, 10, 100, 20, 50)",
    "clamp(round(boiler/temp, 1), 0, 9)",
    "((((1))))", "boiler/nothing", "1 +", "2 ^ 3 ^ 2", "-boiler/count % 7",
  ].map { Array($0.utf8) }
}
