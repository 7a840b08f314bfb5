import TagExpressions
import Telemetry
import Testing

@Suite("Mistakes in expressions")
struct ExpressionErrorTests {
  /// The text with `⟶` at the place that the error names, and the whole message.
  static let table: [(String, String)] = [
    ("⟶", "the expression is empty; for example: boiler/supply_temp + 1"),
    ("boiler/flow +⟶", "the expression ends where a value should stand"),
    ("boiler/flow * ⟶* 2", "a value should stand here, not '*'"),
    ("boiler/flow ⟶** 2", "'**' means nothing here; did you mean '^'?"),
    ("boiler/flow ⟶2", "an operator is missing here; for example + - * / or 'and'"),
    ("boiler/flow ⟶plc/count", "an operator is missing here; for example + - * / or 'and'"),
    ("boiler/flow + ⟶and", "a value should stand here, not 'and'"),
    ("boiler/flow⟶)", "')' has no '('"),
    ("boiler/flow * 1⟶,5", "',' stands between values of a function only; a decimal point is a '.'"),
    ("⟶(boiler/flow + 1", "the parenthesis is not closed; add ')'"),
    ("max⟶(boiler/flow, 1", "the parenthesis is not closed; add ')'"),
    ("max(boiler/flow, ⟶)", "a value should stand here, not ')'"),
    ("⟶max(boiler/flow)", "'max' needs two values or more, and has 1; for example: max(a/x, b/x)"),
    ("⟶if(boiler/pump, 1)", "'if' needs three values, and has 2; for example: if(boiler/pump, boiler/flow, 0)"),
    ("⟶round(boiler/flow, 1, 2)", "'round' needs one value or 2, and has 3; for example: round(a/x, 1)"),
    ("⟶sqrt()", "'sqrt' needs one value, and has 0; for example: sqrt(a/x)"),
    ("⟶sqr(boiler/flow)", "there is no function 'sqr'; did you mean 'sqrt'?"),
    (
      "⟶celsius(boiler/flow)",
      "there is no function 'celsius'; known functions: if, min, max, clamp, abs, round, floor, ceil, sqrt, exp, ln, log10, "
        + "sin, cos, pow, interpolate, dew_point, absolute_humidity, number, is_good, last_good, age, as"
    ),
    (
      "1 < boiler/flow ⟶< 5",
      "a comparison has two sides, and '<' would be the second one; for example: 1 < a/x and a/x < 5"
    ),
    ("boiler/pump ⟶&& plc/door", "'&&' means nothing here; did you mean 'and'?"),
    ("boiler/pump ⟶|| plc/door", "'||' means nothing here; did you mean 'or'?"),
    ("⟶!boiler/pump", "'!' means nothing here; did you mean 'not'?"),
    ("boiler/flow ⟶= 2", "'=' means nothing here; did you mean '=='?"),
    ("boiler/flow ⟶<> 2", "'<>' means nothing here; did you mean '!='?"),
    ("boiler/flow ⟶≥ 2", "'≥' means nothing here; did you mean '>='?"),
    ("boiler/pump ⟶? 1 : 2", "'?' means nothing here; did you mean 'if(condition, a, b)'?"),
    ("boiler/flow ⟶@ 2", "'@' means nothing here; see docs/computed.md"),
    ("boiler/supply_temp > ⟶45°C", "'45°C' is no number; numbers are decimal and have no unit, for example 0.5"),
    ("⟶7x/temp + 1", "'7x/temp' is no number; a tag whose device begins with a digit stands in braces: {7x/temp}"),
    ("boiler/flow * ⟶1.2.3", "'1.2.3' is no number; for example 12, 0.5 or 1e-3"),
    ("boiler/mode == ⟶'heating", "the quote is not closed"),
    ("1 + ⟶{boiler/flow", "'{' has no '}'; a tag in braces is {DEVICE/TAG}"),
    ("⟶{flow} + 1", "'{flow}' is no tag; a tag in braces is {DEVICE/TAG}"),
    ("⟶boilr/flow", "there is no device 'boilr'; did you mean 'boiler'?"),
    ("⟶compressor/flow", "there is no device 'compressor'; known devices: boiler, plc, room, 7, calc, bad"),
    ("1 + ⟶boiler/flwo", "device 'boiler' has no tag 'flwo'; did you mean 'flow'?"),
    (
      "⟶boiler/supply_temp-boiler/return_temp",
      "there is no tag 'boiler/supply_temp-boiler'; a minus needs spaces around it: boiler/supply_temp - boiler"
    ),
    ("⟶boiler/flow-1", "there is no tag 'boiler/flow-1'; a minus needs spaces around it: boiler/flow - 1"),
    ("⟶x-boiler/flow", "there is no tag 'x-boiler/flow'; a minus needs spaces around it: x - boiler/flow"),
    ("1 + ⟶x-delta", "there is no tag 'x-delta' in 'calc'; a minus needs spaces around it: x - delta"),
    ("⟶x-1", "there is no tag 'x-1' in 'calc'; a minus needs spaces around it: x - 1"),
    ("⟶supply_temp + 1", "there is no tag 'supply_temp' in 'calc'; did you mean 'boiler/supply_temp'?"),
    ("⟶detla + 1", "there is no tag 'detla' in 'calc'; did you mean 'delta'?"),
    (
      "⟶boiler / flow",
      "there is no tag 'boiler' in 'calc'; a tag of another device is written DEVICE/TAG, without spaces"
    ),
    ("⟶max + 1", "'max' is a function; its values stand in parentheses: max(a/x, b/x)"),
    ("⟶boiler/pump + 1", "'+' needs numbers, and 'boiler/pump' is true or false; number(boiler/pump) is 1 or 0"),
    ("1 - ⟶plc/state", "'-' needs numbers, and 'plc/state' is a text; a text can only be compared with == and !="),
    (
      "-⟶(boiler/flow > 1)",
      "'-' needs numbers, and '(boiler/flow > 1)' is true or false; number((boiler/flow > 1)) is 1 or 0"
    ),
    (
      "⟶boiler/flow and boiler/pump",
      "'and' needs true or false, and 'boiler/flow' is a number; compare it, for example: boiler/flow > 0"
    ),
    (
      "if(⟶boiler/flow, 1, 2)",
      "'if' needs true or false, and 'boiler/flow' is a number; compare it, for example: boiler/flow > 0"
    ),
    (
      "not ⟶plc/state",
      "'not' needs true or false, and 'plc/state' is a text; compare it, for example: plc/state == \"ok\""
    ),
    (
      "if(boiler/pump, 1, ⟶boiler/pump)",
      "both branches of 'if' must be numbers, or true or false: '1' is a number, 'boiler/pump' is true or false; "
        + "number(…) makes 1 or 0 of true or false"
    ),
    (
      "boiler/pump ⟶== 1",
      "'boiler/pump' is true or false, and '1' is a number; compare the number itself, for example: a/x > 0"
    ),
    (
      "plc/state ⟶== plc/state",
      "'plc/state' is a text, and 'plc/state' is a text; a text tag is compared with a text in quotes"
    ),
    ("boiler/mode == ⟶'heeting'", "no value of 'boiler/mode' is called 'heeting'; did you mean 'heating'?"),
    (
      "boiler/flow == ⟶'high'",
      "the values of 'boiler/flow' have no names; compare it with a number, or give the tag names: { 0: off, 1: on }"
    ),
    (
      "boiler/pump == ⟶'on'",
      "the values of 'boiler/pump' have no names; write boiler/pump, or not boiler/pump; or give the tag names: "
        + "{ 0: off, 1: on }"
    ),
    (
      "boiler/flow + 1 == ⟶'high'",
      "'high' is compared with 'boiler/flow + 1', which is no tag; a text is compared with a tag that has 'names' or is "
        + "a text"
    ),
    (
      "boiler/pump and ⟶'on'",
      "'on' stands alone; a text is compared with a tag that has 'names' or is a text: boiler/mode == \"heating\""
    ),
    ("⟶plc/state", "the result is a text; a computed tag is a number or a bool"),
    ("⟶1 + 2", "the expression names no tag; nothing would ever change it; a tag is written DEVICE/TAG"),
    (
      "boiler/flow ⟶+ plc/power",
      "'+' needs one unit, and 'boiler/flow' is in m³/h, 'plc/power' in kW; convert one of them and say so, for example: "
        + "as(plc/power / 1000, \"m³/h\")"
    ),
    (
      "boiler/supply_temp ⟶- plc/temp",
      "'-' needs one unit, and 'boiler/supply_temp' is in °C, 'plc/temp' in K; a temperature in kelvin becomes °C with "
        + "as(plc/temp - 273.15, \"°C\"), a difference with as(plc/temp, \"°C\")"
    ),
    (
      "boiler/flow ⟶> plc/power",
      "'>' needs one unit, and 'boiler/flow' is in m³/h, 'plc/power' in kW; convert one of them and say so, for example: "
        + "as(plc/power / 1000, \"m³/h\")"
    ),
    (
      "max(1, boiler/flow, ⟶plc/power)",
      "'max' needs one unit, and 'boiler/flow' is in m³/h, 'plc/power' in kW; convert one of them and say so, for "
        + "example: as(plc/power / 1000, \"m³/h\")"
    ),
    (
      "if(boiler/pump, boiler/flow, ⟶plc/power)",
      "'if' needs one unit, and 'boiler/flow' is in m³/h, 'plc/power' in kW; convert one of them and say so, for "
        + "example: as(plc/power / 1000, \"m³/h\")"
    ),
    (
      "dew_point(⟶plc/temp, room/humidity)",
      "'dew_point' needs °C, and 'plc/temp' is in K; a temperature in °C comes first, then the relative humidity in %"
    ),
    (
      "dew_point(room/temperature, ⟶room/temperature)",
      "'dew_point' needs %, and 'room/temperature' is in °C; a temperature in °C comes first, then the relative humidity "
        + "in %"
    ),
    ("round(boiler/flow, ⟶10)", "the digits of 'round' cannot be '10'; a whole number from 0 to 9"),
    (
      "interpolate(boiler/flow, 0, 0, ⟶0, 5)",
      "the table of 'interpolate' goes back to x = 0; its x ascend: x0 < x1 < x2 …"
    ),
    (
      "interpolate(boiler/flow, 0, 0, 5, 1, ⟶9)",
      "the last point of 'interpolate' has an x and no y; for example: interpolate(tank/level, 0, 0, 100, 2500)"
    ),
    (
      "interpolate(boiler/flow, 0, 0, 5, ⟶x)",
      "a point of 'interpolate' cannot be 'x'; its table consists of numbers, for example: interpolate(tank/level, 0, 0, "
        + "100, 2500)"
    ),
    (
      "last_good(⟶boiler/flow + 1)",
      "'last_good' needs a tag, and 'boiler/flow + 1' is none; for example: last_good(boiler/pump)"
    ),
    (
      "last_good(⟶plc/state)",
      "'last_good' needs a number or a bool, and 'plc/state' is a text; a text can only be compared with == and !="
    ),
    ("as(boiler/flow, ⟶5)", "'as' needs a unit in quotes, not '5'; for example: as(plc/temp - 273.15, \"°C\")"),
  ]

  private static func problem(_ text: String) -> ExpressionError? {
    do throws(ExpressionError) {
      _ = try ExpressionBench().compile(text)
      return nil
    } catch {
      return error
    }
  }

  @Test("Each mistake is told with its place and what to write", arguments: table)
  func mistake(_ marked: String, _ expected: String) throws {
    let text = marked.replacing("⟶", with: "")
    let error = try #require(Self.problem(text), "\(text) is accepted")
    #expect(error.message + (error.hint.isEmpty ? "" : "; \(error.hint)") == expected)
    #expect(error.offset == marked.prefix { $0 != "⟶" }.utf8.count)
    #expect(!error.isConsequence)
  }

  @Test("A tag that is wrong itself is no second mistake")
  func consequence() throws {
    #expect(try #require(Self.problem("bad/broken + 1")).isConsequence)
  }

  @Test("Length, parts and depth have bounds")
  func bounds() throws {
    let long = "boiler/flow" + String(repeating: " ", count: 2_000)
    #expect(try #require(Self.problem(long)).message == "an expression of 2011 characters")
    let wide = Array(repeating: "1", count: 128).joined(separator: "+")
    #expect(Self.problem("x+" + wide.dropFirst(2)) == nil)
    #expect(try #require(Self.problem("x+" + wide)).message == "the expression has more than 256 parts")
    func nested(_ depth: Int) -> String {
      String(repeating: "(", count: depth) + "x" + String(repeating: ")", count: depth)
    }
    #expect(Self.problem(nested(64)) == nil)
    #expect(try #require(Self.problem(nested(65))).message == "nested more than 64 deep")
    #expect(try #require(Self.problem(String(repeating: "-", count: 65) + "x")).message == "nested more than 64 deep")
    #expect(try #require(Self.problem(String(repeating: "not ", count: 400) + "x")).offset == 65 * 4)
    #expect(try #require(Self.problem(Array(repeating: "2^", count: 99).joined() + "x")).offset == 65 * 2)
  }

  @Test("There are at least sixty of them")
  func count() { #expect(Self.table.count >= 60) }
}
