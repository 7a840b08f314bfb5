import Telemetry

/// What is wrong with a command before anything is sent.
struct CommandProblem: Error, Hashable, Sendable {
  var refusal: CommandRefusal
  var message: String

  init(_ refusal: CommandRefusal, _ message: String) {
    self.refusal = refusal
    self.message = message
  }
}

/// The checks of a command against the configuration.
enum CommandChecks {
  /// The device, and the plan that writes all values.
  static func plan(
    _ command: WriteCommand, devices: [CommandDevice]
  ) throws(CommandProblem) -> (device: CommandDevice, plan: WritePlan) {
    try shape(command)
    guard let device = devices.first(where: { $0.name == command.device }) else {
      throw CommandProblem(
        .unknownDevice,
        "there is no device '\(command.device)'\(hint(command.device, devices.map(\.name)))")
    }
    var entries: [WritePlan.Entry] = []
    for (index, item) in command.items.enumerated() {
      let (point, words) = try self.words(item, device)
      entries.append(WritePlan.Entry(item: index, point: point, words: words))
    }
    guard let plan = WritePlan(entries, device) else {
      throw CommandProblem(.notWritable, "\(device.name) has no function for such a write (write-functions)")
    }
    return (device, plan)
  }

  private static func shape(_ command: WriteCommand) throws(CommandProblem) {
    if let id = command.id, !(1...CommandLimits.maximumIDBytes).contains(id.utf8.count) {
      throw CommandProblem(.badCommand, "an id has 1 to \(CommandLimits.maximumIDBytes) bytes")
    }
    guard (1...CommandLimits.maximumItems).contains(command.items.count) else {
      throw CommandProblem(
        .badCommand,
        "a command names 1 to \(CommandLimits.maximumItems) tags, this one \(command.items.count)")
    }
    guard Set(command.items.map(\.tag)).count == command.items.count else {
      throw CommandProblem(.badCommand, "a tag is named twice")
    }
    if let timeToLive = command.timeToLive, !CommandLimits.timesToLive.contains(timeToLive) {
      throw CommandProblem(.badCommand, "the time to live is \(timeToLive); it can be 100 ms to 5 min")
    }
  }

  private static func words(
    _ item: WriteCommand.Item, _ device: CommandDevice
  ) throws(CommandProblem) -> (RegisterPoint, [UInt16]) {
    guard let tag = device.tags.first(where: { $0.name == item.tag }) else {
      throw CommandProblem(
        .unknownTag, "\(device.name) has no tag '\(item.tag)'\(hint(item.tag, device.tags.map(\.name)))")
    }
    guard let limits = tag.limits, let point = tag.point else {
      throw CommandProblem(
        .notWritable,
        "\(device.name)/\(tag.name) is not writable; for coils and holding registers the configuration can say "
          + "'writable: true'")
    }
    let name = "\(device.name)/\(tag.name)"
    let value = try raw(item.value, tag, point, limits, name)
    do {
      return (point, try RegisterEncoder.encode(value, as: point))
    } catch {
      throw CommandProblem(.wrongType, "\(name): \(error)")
    }
  }

  private static func raw(
    _ value: CommandValue, _ tag: CommandTag, _ point: RegisterPoint, _ limits: WriteLimits, _ name: String
  ) throws(CommandProblem) -> Value {
    let isFlag = point.type == .bool || point.table.isBits
    switch value {
    case .flag(let flag):
      guard isFlag else { throw CommandProblem(.wrongType, "\(name) takes a number, not \(flag)") }
      return .boolean(flag)
    case .text(let text):
      throw CommandProblem(.wrongType, "\(name) takes \(isFlag ? "true or false" : "a number"), not '\(text)'")
    case .number(let number):
      guard !isFlag else {
        guard number == 0 || number == 1 else {
          throw CommandProblem(.wrongType, "\(name) takes true, false, 1 or 0, not \(value)")
        }
        return .boolean(number == 1)
      }
      if let objection = limits.objection(to: number) { throw CommandProblem(.outOfLimits, "\(name): \(objection)") }
      do {
        return try tag.scaling.raw(for: number, as: point.type.valueType)
      } catch {
        throw CommandProblem(.outOfLimits, "\(name) cannot be \(value): \(error)")
      }
    }
  }

  /// Until when it may be sent.
  static func deadline(
    _ command: WriteCommand, now: MonotonicTime, wall: Timestamp, isClockTrusted: Bool
  ) throws(CommandProblem) -> MonotonicTime? {
    let timeToLive = command.timeToLive ?? CommandLimits.defaultTimeToLive
    var left = timeToLive
    if let expires = command.expires {
      guard isClockTrusted else {
        throw CommandProblem(
          .clock,
          "the gateway's clock is not set yet, so nobody knows whether \(expires.iso8601) has passed; send 'ttl'")
      }
      left = min(left, expires - wall)
    }
    if let time = command.time, isClockTrusted {
      let age = wall - time
      guard age >= .zero - timeToLive else {
        throw CommandProblem(
          .clock, "its time, \(time.iso8601), lies ahead of the gateway's clock, \(wall.iso8601); set both clocks")
      }
      left = min(left, timeToLive - age)
    }
    return left > .zero ? now + left : nil
  }

  private static func hint(_ name: String, _ known: [String]) -> String {
    if let nearest = EditDistance.nearest(to: name, among: known) { return "; did you mean '\(nearest)'?" }
    let shown = known.prefix(12).joined(separator: ", ")
    return "; known: \(shown)\(known.count > 12 ? " …" : "")"
  }
}
