import GatewayCore
import Telemetry

/// A boiler with one tag of each kind, and shorthands for commands.
enum CommandFixture {
  static let wall = Timestamp(milliseconds: 1_800_000_000_000)

  static func tag(
    _ name: String, _ table: RegisterTable, _ address: UInt16, _ type: RegisterType, scaling: Scaling = .identity,
    limits: WriteLimits? = .any
  ) -> CommandTag {
    CommandTag(
      name: name, point: RegisterPoint(table: table, address: address, type: type), scaling: scaling, unit: "",
      limits: limits)
  }

  static func device(functions: WriteFunctions = .usual) -> CommandDevice {
    let tenths = Scaling(multiplier: 1, offset: 0, decimals: 1) ?? .identity
    let limits = WriteLimits(
      minimum: DecimalNumber(text: "5"), maximum: DecimalNumber(text: "80"), step: DecimalNumber(text: "0.5"))
    return CommandDevice(
      name: "boiler", bus: 4, unit: 9, functions: functions,
      tags: [
        tag("pump", .coil, 10, .bool), tag("valve", .coil, 11, .bool),
        tag("setpoint", .holdingRegister, 20, .int16, scaling: tenths, limits: limits),
        tag("mode", .holdingRegister, 21, .uint16), tag("gain", .holdingRegister, 30, .float32),
        tag("actual", .holdingRegister, 40, .int16, limits: nil), tag("fault", .discreteInput, 1, .bool, limits: nil),
      ])
  }

  static func command(_ items: [(String, CommandValue)], id: String? = nil) -> WriteCommand {
    WriteCommand(
      id: id, device: "boiler", items: items.map { WriteCommand.Item(tag: $0.0, value: $0.1) }, source: "test")
  }
}

/// A command machine with its numbers counted.
struct CommandRun {
  var machine = CommandMachine(devices: [CommandFixture.device()])
  var number = 0
  var now = MonotonicTime(nanoseconds: 1_000_000_000)
  var isClockTrusted = true

  init(functions: WriteFunctions = .usual) {
    machine = CommandMachine(devices: [CommandFixture.device(functions: functions)])
  }

  mutating func send(_ command: WriteCommand, ticket: Int = 1) -> [CommandEffect] {
    number += 1
    return machine.receive(
      command, ticket: ticket, number: number, now: now, wall: CommandFixture.wall, isClockTrusted: isClockTrusted)
  }

  mutating func finish(_ job: BusJob, _ outcome: BusJobResult.Outcome) -> [CommandEffect] {
    number += 1
    return machine.finished(BusJobResult(number: job.number, outcome: outcome), number: number, now: now)
  }
}

extension [CommandEffect] {
  var job: BusJob? {
    for case .submit(let job, _) in self { return job }
    return nil
  }

  var replies: [CommandReply] {
    compactMap { if case .reply(let reply) = $0 { reply } else { nil } }
  }

  var records: [CommandRecord] {
    compactMap { if case .record(let record) = $0 { record } else { nil } }
  }

  var request: WriteRequest? {
    if case .write(let request) = job?.work { request } else { nil }
  }
}
