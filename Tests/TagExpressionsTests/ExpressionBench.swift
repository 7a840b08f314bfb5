import TagExpressions
import Telemetry

/// A small plant, and its values.
struct ExpressionBench {
  var directory = TagDirectory()
  private(set) var definitions: [TagName: TagDefinition] = [:]
  private(set) var inputs: [TagName: ExpressionInput] = [:]
  var now = MonotonicTime(nanoseconds: 100_000_000_000)

  init() {
    let tenth = Scaling(multiplier: .init(units: 1, decimals: 1), offset: .zero) ?? .identity
    let modes = [
      ValueName(value: 0, name: "off"), ValueName(value: 1, name: "heating"), ValueName(value: 2, name: "cooling"),
    ]
    let switching = [ValueName(value: 0, name: "off"), ValueName(value: 1, name: "on")]
    add("boiler/supply_temp", TagDefinition(name: "", type: .integer, scaling: tenth, unit: "°C"), .integer(701))
    add("boiler/return_temp", TagDefinition(name: "", type: .float32, unit: "°C"), .float32(50.5))
    add("boiler/flow", TagDefinition(name: "", type: .float64, unit: "m³/h"), .float64(2))
    add("boiler/pump", TagDefinition(name: "", type: .boolean), .boolean(true))
    add("boiler/mode", TagDefinition(name: "", type: .integer, scaling: tenth, names: modes), .integer(1))
    add("boiler/temp-2", TagDefinition(name: "", type: .float64, unit: "°C"), .float64(3))
    add("plc/temp", TagDefinition(name: "", type: .float64, unit: "K"), .float64(300.15))
    add("plc/power", TagDefinition(name: "", type: .float64, unit: "kW"), .float64(12.5))
    add("plc/count", TagDefinition(name: "", type: .integer), .integer(-7))
    add("plc/zero", TagDefinition(name: "", type: .integer), .integer(0))
    add("plc/door", TagDefinition(name: "", type: .boolean, names: switching), .boolean(false))
    add("plc/state", TagDefinition(name: "", type: .text), .integer(DeviceScan.bits(ofText: "ready")))
    add("room/temperature", TagDefinition(name: "", type: .float64, unit: "°C"), .float64(20))
    add("room/humidity", TagDefinition(name: "", type: .float64, unit: "%rF"), .float64(50))
    add("7/temp", TagDefinition(name: "", type: .float64, unit: "°C"), .float64(7))
    add("calc/delta", TagDefinition(name: "", type: .float64, unit: "K"), .float64(4))
    add("calc/x", TagDefinition(name: "", type: .float64), .float64(9))
    for (name, reading) in [
      ("bad/timeout", Reading.bad(.timeout)), ("bad/fault", .bad(.sensorFault)), ("bad/never", .absent),
      ("bad/old", Reading(.float64(5), quality: .uncertain(.stale))),
      ("bad/range", Reading(.float64(6), quality: .uncertain(.outOfRange))),
      ("bad/nan", Reading(.float64(.nan))),
    ] {
      add(name, TagDefinition(name: "", type: .float64), nil)
      set(name, reading)
    }
    add("bad/flag", TagDefinition(name: "", type: .boolean), nil)
    set("bad/flag", .bad(.timeout))
    directory.set(TagName(device: "bad", tag: "broken"), nil)
  }

  static func name(_ text: String) -> TagName {
    let parts = text.split(separator: "/").map(String.init)
    return TagName(device: parts[0], tag: parts[1])
  }

  mutating func add(_ text: String, _ definition: TagDefinition, _ value: Value?) {
    var definition = definition
    let name = Self.name(text)
    definition.name = name.tag
    directory.set(name, definition)
    definitions[name] = definition
    inputs[name] = ExpressionInput()
    if let value { set(text, Reading(value)) }
  }

  mutating func set(_ text: String, _ reading: Reading) {
    let name = Self.name(text)
    guard let definition = definitions[name] else { return }
    inputs[name]?.take(reading, definition, now: now)
  }

  func compile(_ text: String) throws(ExpressionError) -> ExpressionProgram {
    try ExpressionProgram(try ParsedExpression(text, in: "calc"), tags: directory)
  }

  func evaluate(_ text: String) throws(ExpressionError) -> ExpressionValue {
    evaluate(try compile(text))
  }

  func evaluate(_ program: ExpressionProgram) -> ExpressionValue {
    var stack = ExpressionStack(depth: program.stackDepth)
    return program.evaluate(
      program.inputs.map { inputs[$0] ?? ExpressionInput() }, places: Array(program.inputs.indices), stack: &stack,
      now: now)
  }

  /// `20.5`, `true`, `5 uncertain (stale)`, `bad (time-out)`.
  func shown(_ text: String) throws(ExpressionError) -> String {
    let program = try compile(text)
    let value = evaluate(program)
    guard value.hasValue else { return value.quality.description }
    let rounded = (value.number * 1e6).rounded() / 1e6
    var shown = program.type == .truth ? "\(rounded == 1)" : rounded.description
    if shown.hasSuffix(".0") { shown.removeLast(2) }
    return value.quality == .good ? shown : "\(shown) \(value.quality)"
  }
}
