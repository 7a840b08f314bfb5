import GatewayCore
import Telemetry
import Testing

/// Bits, texts, names and values with a power of ten of the device's own.
@Suite("Values of commands")
struct CommandValueTests {
  static let names = [
    ValueName(value: 0, name: "off"), ValueName(value: 3, name: "auto"), ValueName(value: 4, name: "hand"),
  ]

  static func tag(
    _ name: String, _ address: UInt16, _ type: RegisterType, bits: BitField? = nil, order: WordOrder = .bigBig,
    length: Int = 1, limits: WriteLimits = .any, names: [ValueName] = [], factor: String? = nil
  ) -> CommandTag {
    CommandTag(
      name: name,
      point: RegisterPoint(
        table: .holdingRegister, address: address, type: type, order: order, bits: bits, length: length),
      scaling: .identity, unit: "", limits: limits, names: names, scaleFactor: factor)
  }

  static let device = CommandDevice(
    name: "inverter", bus: 1, unit: 2, functions: [.registers, .singleRegister, .maskRegister],
    tags: [
      tag("run", 10, .bool, bits: BitField(lowest: 3, count: 1)),
      tag("stage", 10, .uint16, bits: BitField(lowest: 4, count: 4)),
      tag("trim", 11, .int8, bits: .highByte),
      tag("swapped", 12, .bool, bits: BitField(lowest: 0, count: 1), order: .bigLittle),
      tag("wide", 20, .uint32, bits: BitField(lowest: 17, count: 2)),
      tag("wideSwapped", 20, .uint32, bits: BitField(lowest: 17, count: 2), order: .littleBig),
      tag("split", 20, .uint32, bits: BitField(lowest: 15, count: 2)),
      tag("label", 30, .string, length: 4), tag("after", 34, .uint16), tag("letter", 35, .string),
      tag("mode", 40, .uint16, limits: WriteLimits(maximum: DecimalNumber(text: "3")), names: names),
      tag("twice", 41, .uint16, names: [ValueName(value: 1, name: "on"), ValueName(value: 2, name: "on")]),
      tag("door", 42, .bool, names: [ValueName(value: 0, name: "shut"), ValueName(value: 1, name: "open")]),
      tag("limit", 50, .uint16, factor: "limitFactor"), tag("other", 51, .int16, factor: "otherFactor"),
    ])

  static func send(
    _ items: [(String, CommandValue)], exponents: [String: Int64] = ["limitFactor": -1]
  ) -> (machine: CommandMachine, effects: [CommandEffect]) {
    var machine = CommandMachine(devices: [device])
    let command = WriteCommand(
      device: "inverter", items: items.map { WriteCommand.Item(tag: $0.0, value: $0.1) }, source: "test")
    let effects = machine.receive(
      command, ticket: 1, number: 1, exponents: exponents, now: MonotonicTime(nanoseconds: 1),
      wall: CommandFixture.wall, isClockTrusted: true)
    return (machine, effects)
  }

  static let requests: [([(String, CommandValue)], WriteRequest.Content, UInt16)] = [
    ([("run", .flag(true))], .mask(and: 0xfff7, or: 0x0008), 10),
    ([("run", .flag(false))], .mask(and: 0xfff7, or: 0), 10),
    ([("stage", .number(9))], .mask(and: 0xff0f, or: 0x0090), 10),
    ([("trim", .number(-2))], .mask(and: 0x00ff, or: 0xfe00), 11),
    ([("swapped", .flag(true))], .mask(and: 0xfeff, or: 0x0100), 12),
    ([("wide", .number(3))], .mask(and: 0xfff9, or: 0x0006), 20),
    ([("wideSwapped", .number(3))], .mask(and: 0xfff9, or: 0x0006), 21),
    // A request of its own for each.
    ([("run", .flag(true)), ("trim", .number(1))], .mask(and: 0xfff7, or: 0x0008), 10),
    ([("label", .text("ab")), ("after", .number(1))], .multiple([0x6162, 0, 0, 0]), 30),
    ([("label", .text(""))], .multiple([0, 0, 0, 0]), 30),
    ([("label", .text("Übung"))], .multiple([0xc39c, 0x6275, 0x6e67, 0]), 30),
    ([("letter", .text("A"))], .single(0x4100), 35),
    ([("mode", .text("auto"))], .single(3), 40),
    ([("mode", .number(2))], .single(2), 40),
    ([("twice", .number(2))], .single(2), 41),
    ([("door", .text("open"))], .single(1), 42),
    ([("limit", .number(23.4))], .single(234), 50),
    ([("limit", .number(6_553.5))], .single(65_535), 50),
  ]

  @Test("each value becomes its request, which leaves everything beside it alone", arguments: requests)
  func writes(_ items: [(String, CommandValue)], _ content: WriteRequest.Content, _ address: UInt16) {
    let request = Self.send(items).effects.request
    #expect(request?.content == content)
    #expect(request?.address == address)
  }

  static let refusals: [(String, CommandValue, CommandRefusal, String)] = [
    ("stage", .number(16), .wrongType, "inverter/stage: 16 does not fit into 4 bits of uint16, which holds 0 to 15"),
    ("trim", .number(128), .wrongType, "inverter/trim: 128 does not fit into 8 bits of int16, which holds -128 to 127"),
    ("split", .number(1), .notWritable, "inverter/split cannot be written without changing what is beside it"),
    (
      "label", .text("nine long"), .wrongType,
      "inverter/label: 'nine long' has 9 bytes; 4 registers hold 8, none of them zero"
    ),
    ("label", .text("a\u{1}"), .wrongType, "inverter/label takes no control characters"),
    ("label", .number(5), .wrongType, "inverter/label takes a text, not 5"),
    ("mode", .text("atuo"), .wrongType, "inverter/mode has no value named 'atuo'; did you mean 'auto'?"),
    ("mode", .text("zzzzzz"), .wrongType, "inverter/mode has no value named 'zzzzzz'; known: off, auto, hand"),
    ("mode", .text("hand"), .outOfLimits, "inverter/mode: 4 is above the maximum of 3"),
    ("mode", .flag(true), .wrongType, "inverter/mode takes a number or a name, not true"),
    ("twice", .text("on"), .wrongType, "inverter/twice calls 1 and 2 'on'; write the number"),
    ("limit", .number(23.45), .outOfLimits, "inverter/limit cannot be 23.45: the device counts it in steps of 0.1 now"),
    ("limit", .number(6_553.6), .wrongType, "inverter/limit: 65536 does not fit into uint16, which holds 0 to 65535"),
    (
      "other", .number(1), .scaleFactor,
      "inverter/other is scaled by 'otherFactor', which is not known now; wait for its next good reading"
    ),
  ]

  @Test("what cannot be written says why", arguments: refusals)
  func refuses(_ tag: String, _ value: CommandValue, _ refusal: CommandRefusal, _ message: String) {
    let reply = Self.send([(tag, value)]).effects.replies.first
    #expect(reply?.refusal == refusal)
    #expect(reply?.message == message)
  }

  @Test("an exponent that means 'none' is no power of ten")
  func noExponent() {
    let effects = Self.send([("limit", .number(1))], exponents: ["limitFactor": -32_768]).effects
    #expect(effects.replies.first?.refusal == .scaleFactor)
  }

  typealias ReadBack = (String, CommandValue, [UInt16], [UInt16], CommandOutcome, CommandValue, CommandValue)

  static let readBacks: [ReadBack] =
    [
      ("run", .flag(true), [0xff00], [0xff08], .done, .flag(false), .flag(true)),
      // The other bits are the device's own affair.
      ("run", .flag(true), [0xff00], [0x000f], .done, .flag(false), .flag(true)),
      ("run", .flag(true), [0xff00], [0xff00], .mismatch, .flag(false), .flag(false)),
      ("wide", .number(3), [0x0000], [0x0006], .done, .number(0), .number(3)),
      ("label", .text("ab"), [0x6363, 0, 0, 0], [0x6162, 0x2020, 0x2020, 0x2020], .done, .text("cc"), .text("ab")),
      ("label", .text("ab"), [0x6363, 0, 0, 0], [0x6162, 0x6300, 0, 0], .mismatch, .text("cc"), .text("abc")),
      ("mode", .text("auto"), [0], [3], .done, .text("off"), .text("auto")),
      ("mode", .text("auto"), [7], [3], .done, .number(7), .text("auto")),
      ("mode", .number(3), [0], [3], .done, .number(0), .number(3)),
      ("limit", .number(23.4), [100], [234], .done, .number(10), .number(23.4)),
    ]

  @Test("the reply says what was and what is, as it was asked for", arguments: readBacks)
  func replies(
    _ tag: String, _ value: CommandValue, _ old: [UInt16], _ new: [UInt16], _ outcome: CommandOutcome,
    _ before: CommandValue, _ after: CommandValue
  ) throws {
    var (machine, effects) = Self.send([(tag, value)])
    let job = try #require(effects.job)
    let trace = WriteTrace(old: old, result: .acknowledged, new: new)
    effects = machine.finished(
      BusJobResult(number: job.number, outcome: .write(trace)), number: 2, now: MonotonicTime(nanoseconds: 2))
    let result = try #require(effects.replies.first?.values.first)
    #expect(result.outcome == outcome)
    #expect(result.old == before)
    #expect(result.value == after)
  }

  @Test("bits of a register are not written without the function that leaves the others alone")
  func noMask() {
    var device = Self.device
    device.functions = .usual
    var machine = CommandMachine(devices: [device])
    let command = WriteCommand(device: "inverter", items: [.init(tag: "run", value: .flag(true))], source: "test")
    let effects = machine.receive(
      command, ticket: 1, number: 1, now: MonotonicTime(nanoseconds: 1), wall: CommandFixture.wall, isClockTrusted: true
    )
    #expect(effects.replies.first?.refusal == .notWritable)
  }
}
