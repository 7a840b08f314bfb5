import TagExpressions
import Telemetry
import Testing

@Suite("Values of expressions")
struct ExpressionValueTests {
  static let sums: [(String, String)] = [
    ("boiler/supply_temp - boiler/return_temp", "19.6"),
    ("boiler/supply_temp", "70.1"),
    ("plc/count + 2 * 3", "-1"),
    ("(plc/count + 2) * 3", "-15"),
    ("2 ^ 3 ^ 2 + plc/zero", "512"),
    ("-2 ^ 2 + plc/zero", "-4"),
    ("2 ^ -1 + plc/zero", "0.5"),
    ("--2 + plc/zero", "2"),
    ("10 - 4 - 3 + plc/zero", "3"),
    ("100 / 10 / 5 + plc/zero", "2"),
    ("-10 % 360 + plc/zero", "350"),
    ("10 % -3 + plc/zero", "-2"),
    ("plc/count % 7", "0"),
    ("boiler/flow/2", "1"),
    ("(boiler/flow)/2", "1"),
    ("boiler/flow/boiler/flow", "1"),
    ("boiler/temp-2 - 2", "1"),
    ("{boiler/temp-2}-2", "1"),
    ("{ boiler/flow }*3", "6"),
    ("{7/temp} + 1", "8"),
    ("1e3 + .5 + 2.5E-1 + plc/zero", "1000.75"),
    ("x + 1", "10"),
    ("delta + boiler/flow * 0", "4"),
    ("\n boiler/flow\t+ 1 \r\n", "3"),
  ]

  static let calls: [(String, String)] = [
    ("min(plc/count, 3, -9)", "-9"), ("max(plc/count, 3, -9)", "3"), ("abs(plc/count)", "7"),
    ("round(2.5 + plc/zero)", "3"), ("round(-2.5 + plc/zero)", "-3"), ("round(1.25 + plc/zero, 1)", "1.3"),
    ("round(boiler/supply_temp, 0)", "70"), ("round(1e300 + plc/zero, 9) > 9e299", "true"),
    ("floor(-1.5 + plc/zero)", "-2"), ("ceil(-1.5 + plc/zero)", "-1"),
    ("clamp(plc/count, 0, 100)", "0"), ("clamp(200 + plc/zero, 0, 100)", "100"),
    ("clamp(x, 0, 100)", "9"), ("clamp(x, 100, 0)", "100"),
    ("sqrt(x)", "3"), ("exp(plc/zero)", "1"), ("ln(exp(x))", "9"), ("log10(x + 991)", "3"),
    ("sin(plc/zero)", "0"), ("cos(plc/zero)", "1"), ("pow(x, 2)", "81"),
    ("interpolate(boiler/flow, 0, 0, 10, 100)", "20"), ("interpolate(plc/count, 0, 5, 10, 100)", "5"),
    ("interpolate(x, 0, 0, 4, 8, 8, 80)", "80"), ("interpolate(x, -9, -1, 9, -2, 12, 7)", "-2"),
    ("interpolate(x, 0, 0, 8, 80, 10, -20)", "30"),
    ("dew_point(room/temperature, room/humidity)", "9.255175"),
    ("absolute_humidity(room/temperature, room/humidity)", "8.620807"),
    ("dew_point(room/temperature, 100)", "20"), ("dew_point(room/temperature, 104)", "20"),
    ("dew_point(room/temperature, 106)", "bad (out of range)"), ("dew_point(x + 60, 50)", "bad (out of range)"),
    ("dew_point(room/temperature, plc/zero)", "bad (out of range)"),
    ("number(boiler/pump) + number(plc/door)", "1"),
    ("as(plc/temp - 273.15, \"°C\") - boiler/flow * 0", "27"),
  ]

  static let decisions: [(String, String)] = [
    ("boiler/pump", "true"), ("not boiler/pump", "false"), ("not not boiler/pump", "true"),
    ("boiler/pump and plc/door", "false"), ("boiler/pump or plc/door", "true"),
    ("not plc/door and boiler/pump", "true"), ("true or false and plc/door", "true"),
    ("boiler/flow > 1 and boiler/flow <= 2", "true"), ("boiler/flow < 2", "false"), ("boiler/flow >= 2", "true"),
    ("boiler/flow == 2", "true"), ("boiler/flow != 2", "false"), ("boiler/pump == plc/door", "false"),
    ("boiler/pump != plc/door", "true"), ("not boiler/flow > 5", "true"),
    ("boiler/mode == \"heating\"", "true"), ("'cooling' == boiler/mode", "false"), ("boiler/mode != 'off'", "true"),
    ("boiler/mode == 0.1", "true"), ("plc/door == 'off'", "true"), ("plc/state == 'ready'", "true"),
    ("plc/state != \"ready\"", "false"), ("plc/state == 'steady'", "false"),
    ("if(boiler/pump, boiler/flow, 0)", "2"), ("if(plc/door, boiler/flow, -1)", "-1"),
    ("if(boiler/flow > 1, plc/door, true)", "false"),
    ("if(plc/door, 1, if(boiler/pump, 2, 3)) + if(plc/door, 10, 20)", "22"),
  ]

  static let qualities: [(String, String)] = [
    ("bad/timeout + 1", "bad (time-out)"), ("bad/old + 1", "6 uncertain (stale)"),
    ("bad/timeout + bad/fault", "bad (time-out)"), ("bad/fault + bad/timeout", "bad (sensor fault)"),
    ("bad/old + bad/range", "11 uncertain (stale)"), ("bad/range + bad/old", "11 uncertain (out of range)"),
    ("bad/old + bad/fault", "bad (sensor fault)"), ("bad/never + 1", "absent"),
    ("bad/never + bad/timeout", "bad (time-out)"), ("bad/nan", "bad (undecodable value)"),
    ("1 / plc/zero", "bad (undecodable value)"), ("plc/zero / plc/zero", "bad (undecodable value)"),
    ("plc/count % plc/zero", "bad (undecodable value)"), ("sqrt(plc/count)", "bad (undecodable value)"),
    ("ln(plc/zero)", "bad (undecodable value)"), ("10 ^ 400 + plc/zero", "bad (undecodable value)"),
    ("plc/count ^ 0.5", "bad (undecodable value)"), ("bad/timeout > 1", "bad (time-out)"),
    ("if(boiler/pump, 1, bad/timeout)", "1"), ("if(plc/door, 1, bad/timeout)", "bad (time-out)"),
    ("if(bad/flag, 1, 2)", "bad (time-out)"), ("if(bad/old > 1, 1, 2)", "1 uncertain (stale)"),
    ("if(bad/old > 1, bad/fault, 2)", "bad (sensor fault)"),
    ("if(bad/old > 9, bad/fault, 2)", "2 uncertain (stale)"),
    ("plc/door and bad/flag", "false"), ("bad/flag and plc/door", "false"),
    ("boiler/pump and bad/flag", "bad (time-out)"), ("bad/flag or boiler/pump", "true"),
    ("bad/flag or plc/door", "bad (time-out)"), ("bad/old > 9 and plc/door", "false"),
    ("bad/old > 9 and bad/flag", "false uncertain (stale)"), ("not bad/flag", "bad (time-out)"),
    ("min(bad/old, 1)", "1 uncertain (stale)"), ("clamp(1, bad/range, bad/old)", "6 uncertain (out of range)"),
    ("interpolate(bad/old, 0, 0, 10, 100)", "50 uncertain (stale)"),
    ("dew_point(bad/old, bad/fault)", "bad (sensor fault)"),
    ("is_good(boiler/flow)", "true"), ("is_good(bad/old)", "false"), ("is_good(bad/timeout)", "false"),
    ("is_good(bad/never)", "false"), ("is_good(1 / plc/zero)", "false"), ("is_good(plc/state)", "true"),
    ("if(is_good(bad/timeout), bad/timeout, boiler/flow)", "2"), ("bad/timeout == 0", "bad (time-out)"),
  ]

  @Test("Arithmetic", arguments: sums) func arithmetic(_ text: String, _ expected: String) throws {
    #expect(try ExpressionBench().shown(text) == expected)
  }

  @Test("Functions", arguments: calls) func functions(_ text: String, _ expected: String) throws {
    #expect(try ExpressionBench().shown(text) == expected)
  }

  @Test("Comparison, logic and choice", arguments: decisions) func logic(_ text: String, _ expected: String) throws {
    #expect(try ExpressionBench().shown(text) == expected)
  }

  @Test("The result is as good as what was used", arguments: qualities)
  func quality(_ text: String, _ expected: String) throws {
    #expect(try ExpressionBench().shown(text) == expected)
  }

  @Test("The newest good value of a tag is remembered, and how old its newest value is")
  func memory() throws {
    var bench = ExpressionBench()
    #expect(try bench.shown("last_good(bad/timeout)") == "absent")
    #expect(try bench.shown("age(bad/timeout)") == "absent")
    #expect(try bench.shown("last_good(boiler/flow)") == "2")
    bench.now = bench.now + .milliseconds(1_500)
    bench.set("boiler/flow", .bad(.timeout))
    #expect(try bench.shown("last_good(boiler/flow)") == "2 uncertain (time-out)")
    #expect(try bench.shown("age(boiler/flow)") == "1.5")
    bench.set("boiler/flow", Reading(.float64(3), quality: .uncertain(.outOfRange)))
    #expect(try bench.shown("last_good(boiler/flow)") == "2 uncertain (out of range)")
    #expect(try bench.shown("age(boiler/flow)") == "0")
    bench.now = bench.now + .seconds(2)
    bench.set("boiler/flow", Reading(.float64(3), quality: .uncertain(.stale)))
    #expect(try bench.shown("age(boiler/flow)") == "2")
    bench.set("boiler/flow", .absent)
    #expect(try bench.shown("boiler/flow") == "3 uncertain (stale)")
    bench.set("boiler/flow", Reading(.float64(4)))
    #expect(try bench.shown("last_good(boiler/flow) + age(boiler/flow)*0") == "4")
    #expect(try bench.shown("last_good(boiler/pump)") == "true")
  }

  static let unitsOfParts: [(String, String?)] = [
    ("boiler/supply_temp", "°C"), ("boiler/supply_temp + 5", "°C"), ("boiler/supply_temp * 2", nil),
    ("boiler/supply_temp - boiler/return_temp", "K"),
    ("boiler/return_temp + (boiler/supply_temp - boiler/return_temp)", "°C"),
    ("(boiler/supply_temp - boiler/return_temp) + calc/delta", "K"),
    ("max(0, plc/power)", "kW"), ("-abs(plc/power)", "kW"), ("if(boiler/pump, 0, plc/power)", "kW"),
    ("plc/power > 5", nil), ("dew_point(room/temperature, room/humidity) - room/temperature", "K"),
    ("last_good(plc/power) % 5", "kW"), ("as(plc/power * 1000, 'W')", "W"), ("age(plc/power)", "s"),
    ("sqrt(plc/power)", nil), ("clamp(plc/count, 0, plc/power)", "kW"),
    ("absolute_humidity(room/temperature, 50)", "g/m³"),
  ]

  @Test("The unit follows from those of the tags", arguments: unitsOfParts)
  func unit(_ text: String, _ expected: String?) throws {
    #expect(try ExpressionBench().compile(text).impliedUnit == expected)
  }

  @Test("A declared unit must agree")
  func declared() throws {
    let bench = ExpressionBench()
    let sum = try bench.compile("boiler/supply_temp + 1")
    #expect(sum.objection(toUnit: "°C") == nil)
    #expect(sum.objection(toUnit: "") == nil)
    #expect(sum.objection(toUnit: "kW") == "its expression gives °C, not kW")
    let difference = try bench.compile("boiler/supply_temp - boiler/return_temp")
    #expect(difference.objection(toUnit: "K") == nil)
    #expect(difference.objection(toUnit: "°C") == nil)
    #expect(difference.objection(toUnit: "bar") == "its expression gives a difference of °C, not bar")
    #expect(try bench.compile("boiler/flow * 1.16").objection(toUnit: "kW") == nil)
  }

  @Test("An expression names its tags once each, and its type and clock are known")
  func shape() throws {
    let parsed = try ParsedExpression("delta + boiler/flow * boiler/flow + {7/temp}", in: "calc")
    #expect(parsed.references.map(\.description) == ["calc/delta", "boiler/flow", "7/temp"])
    let bench = ExpressionBench()
    #expect(try bench.compile("x > 1").type == .truth)
    #expect(try bench.compile("x").type == .number)
    #expect(try bench.compile("age(x) > 1").usesClock)
    #expect(!(try bench.compile("x > 1").usesClock))
  }
}
