import GatewayCore
import Telemetry
import Testing

@Suite("Commands")
struct CommandMachineTests {
  static let refusals: [(WriteCommand, CommandRefusal)] = [
    (CommandFixture.command([("pump", .number(2))]), .wrongType),
    (CommandFixture.command([("pump", .text("on"))]), .wrongType),
    (CommandFixture.command([("setpoint", .flag(true))]), .wrongType),
    (CommandFixture.command([("setpoint", .text("21"))]), .wrongType),
    (CommandFixture.command([("setpoint", .number(4.5))]), .outOfLimits),
    (CommandFixture.command([("setpoint", .number(80.5))]), .outOfLimits),
    (CommandFixture.command([("setpoint", .number(20.3))]), .outOfLimits),
    (CommandFixture.command([("mode", .number(1.5))]), .outOfLimits),
    (CommandFixture.command([("mode", .number(-1))]), .wrongType),
    (CommandFixture.command([("mode", .number(65_536))]), .wrongType),
    (CommandFixture.command([("gain", .number(1e300))]), .outOfLimits),
    (CommandFixture.command([("actual", .number(1))]), .notWritable),
    (CommandFixture.command([("fault", .flag(true))]), .notWritable),
    (CommandFixture.command([("pmp", .flag(true))]), .unknownTag),
    (CommandFixture.command([]), .badCommand),
    (CommandFixture.command([("pump", .flag(true)), ("pump", .flag(false))]), .badCommand),
    (CommandFixture.command([("pump", .flag(true)), ("setpoint", .number(4))]), .outOfLimits),
    (CommandFixture.command([("pump", .flag(true))], id: ""), .badCommand),
    (CommandFixture.command([("pump", .flag(true))], id: String(repeating: "x", count: 65)), .badCommand),
  ]

  @Test("a command that must not be carried out is refused, with nothing sent", arguments: refusals)
  func refuses(_ command: WriteCommand, _ refusal: CommandRefusal) {
    var run = CommandRun()
    let effects = run.send(command, ticket: 7)
    #expect(effects.replies.map(\.refusal) == [refusal])
    #expect(effects.replies.map(\.ticket) == [7])
    #expect(effects.count == 1)
    #expect(run.machine.pendingCount == 0)
  }

  @Test("retained messages are never commands")
  func retained() {
    var run = CommandRun()
    var command = CommandFixture.command([("pump", .flag(true))], id: "1")
    command.isRetained = true
    #expect(run.send(command).replies.map(\.refusal) == [.retained])
    command.isRetained = false
    #expect(run.send(command).job != nil)
  }

  @Test("a device that does not exist is named, with the nearest that does")
  func unknownDevice() {
    var run = CommandRun()
    var command = CommandFixture.command([("pump", .flag(true))])
    command.device = "boilr"
    let reply = run.send(command).replies.first
    #expect(reply?.refusal == .unknownDevice)
    #expect(reply?.message == "there is no device 'boilr'; did you mean 'boiler'?")
  }

  static let requests: [(WriteFunctions, [(String, CommandValue)], WriteRequest.Content, UInt16)] = [
    (.usual, [("pump", .flag(true))], .single(1), 10),
    (.usual, [("pump", .number(0))], .single(0), 10),
    ([.coils], [("pump", .flag(true))], .multiple([1]), 10),
    (.usual, [("pump", .flag(true)), ("valve", .flag(false))], .multiple([1, 0]), 10),
    ([.singleCoil], [("pump", .flag(true)), ("valve", .flag(false))], .single(1), 10),
    (.usual, [("valve", .flag(true)), ("pump", .flag(false))], .single(1), 11),
    (.usual, [("setpoint", .number(21.5))], .single(215), 20),
    ([.registers], [("setpoint", .number(21.5))], .multiple([215]), 20),
    (.usual, [("setpoint", .number(21.5)), ("mode", .number(3))], .multiple([215, 3]), 20),
    (.usual, [("gain", .number(1.5))], .multiple([0x3fc0, 0]), 30),
  ]

  @Test("each command becomes the write that its device has a function for", arguments: requests)
  func writes(
    _ functions: WriteFunctions, _ items: [(String, CommandValue)], _ content: WriteRequest.Content, _ address: UInt16
  ) {
    var run = CommandRun(functions: functions)
    let request = run.send(CommandFixture.command(items)).request
    #expect(request?.content == content)
    #expect(request?.address == address)
    #expect(request?.unit == 9)
  }

  @Test("values that are not neighbours are written one behind the other, until one is not done")
  func severalRequests() throws {
    var run = CommandRun()
    let items: [(String, CommandValue)] = [("gain", .number(1)), ("pump", .flag(true)), ("mode", .number(2))]
    let first = try #require(run.send(CommandFixture.command(items)).job)
    let done = WriteTrace(old: [0, 0], result: .acknowledged, new: [0x3f80, 0])
    let second = try #require(run.finish(first, .write(done)).job)
    #expect(second.deadline == first.deadline)
    let refused = WriteTrace(old: [0], result: .refused(FieldBusError(.exception(4), "it will not")))
    let last = run.finish(second, .write(refused))
    let reply = try #require(last.replies.first)
    #expect(reply.outcome == .refused)
    #expect(reply.refusal == .device)
    #expect(reply.values.map(\.outcome) == [.done, .refused, .refused])
    #expect(reply.values.map(\.refusal) == [nil, .device, .stopped])
    #expect(last.records.count == 3)
    #expect(last.job == nil)
  }

  static let down = FieldBusError(.busDown, "unplugged")
  static let silent = FieldBusError(.timeout, "no answer")
  static let outcomes: [(BusJobResult.Outcome, CommandOutcome, CommandRefusal?, CommandValue?)] = [
    (.write(WriteTrace(old: [200], result: .acknowledged, new: [215])), .done, nil, .number(21.5)),
    (.write(WriteTrace(old: [200], result: .acknowledged, new: [200])), .mismatch, nil, .number(20)),
    (.write(WriteTrace(old: nil, result: .acknowledged, readBackError: silent)), .done, nil, nil),
    (.write(WriteTrace(old: [200], result: .unknown(silent), new: [215])), .done, nil, .number(21.5)),
    (.write(WriteTrace(old: [200], result: .unknown(silent), new: [200])), .mismatch, nil, .number(20)),
    (.write(WriteTrace(old: [200], result: .unknown(down), readBackError: down)), .unknown, nil, nil),
    (.write(WriteTrace(old: [200], result: .refused(FieldBusError(.exception(3), "no")))), .refused, .device, nil),
    (.write(WriteTrace(old: nil, result: .notSent(silent))), .refused, .noAnswer, nil),
    (.write(WriteTrace(old: nil, result: .notSent(down))), .refused, .busDown, nil),
    (.write(WriteTrace(old: [200], result: .expired)), .expired, nil, nil),
    (.expired(nil), .expired, nil, nil),
    (.expired(down), .refused, .busDown, nil),
    (.queueFull, .refused, .tooMany, nil),
  ]

  @Test("the reply says what the bus saw, and one event says it too", arguments: outcomes)
  func replies(
    _ result: BusJobResult.Outcome, _ outcome: CommandOutcome, _ refusal: CommandRefusal?, _ value: CommandValue?
  ) throws {
    var run = CommandRun()
    let job = try #require(run.send(CommandFixture.command([("setpoint", .number(21.5))], id: "a")).job)
    let effects = run.finish(job, result)
    let reply = try #require(effects.replies.first)
    #expect(reply.outcome == outcome)
    #expect(reply.refusal == refusal)
    #expect(reply.values.map(\.value) == [value])
    #expect(effects.records.map(\.value.outcome) == [outcome])
    #expect(effects.records.map(\.id) == ["a"])
    #expect(run.machine.pendingCount == 0)
  }

  @Test("an id is carried out once; whoever repeats it gets the first outcome")
  func duplicates() throws {
    var run = CommandRun()
    let command = CommandFixture.command([("mode", .number(3))], id: "7f3a")
    let job = try #require(run.send(command, ticket: 1).job)
    #expect(run.send(command, ticket: 2) == [])
    let effects = run.finish(job, .write(WriteTrace(old: [1], result: .acknowledged, new: [3])))
    #expect(effects.replies.map(\.ticket) == [1, 2])
    #expect(effects.replies.map(\.isDuplicate) == [false, true])
    let again = run.send(command, ticket: 3).replies
    #expect(again.map(\.outcome) == [.done])
    #expect(again.map(\.isDuplicate) == [true])
    let other = run.send(CommandFixture.command([("mode", .number(4))], id: "7f3a"))
    #expect(other.replies.map(\.refusal) == [.badCommand])
  }

  @Test("a tag is written ten times at once, and then once a second")
  func tooFast() {
    var run = CommandRun()
    for count in 0..<12 {
      let effects = run.send(CommandFixture.command([("mode", .number(Double(count)))]))
      #expect((effects.job != nil) == (count < 10))
    }
    #expect(run.send(CommandFixture.command([("pump", .flag(true))])).job != nil)
    run.now = run.now + .seconds(1)
    #expect(run.send(CommandFixture.command([("mode", .number(1))])).job != nil)
  }

  @Test("a bus that never answers leaves the outcome unknown")
  func lostBus() throws {
    var run = CommandRun()
    _ = run.send(CommandFixture.command([("mode", .number(3))]))
    #expect(run.machine.expire(now: run.now + .seconds(60)) == [])
    let late = run.machine.deadline
    #expect(run.machine.expire(now: late).replies.map(\.outcome) == [.unknown])
    #expect(run.machine.deadline == .never)
  }
}
