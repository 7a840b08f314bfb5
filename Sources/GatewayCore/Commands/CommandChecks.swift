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
  /// The device with the powers of ten of its tags, and the plan that writes all values.
  ///
  /// - Parameter exponents: of powers of ten, by the tags that hold them.
  static func plan(
    _ command: WriteCommand, devices: [CommandDevice], exponents: [String: Int64]
  ) throws(CommandProblem) -> (device: CommandDevice, plan: WritePlan) {
    try shape(command)
    guard var device = devices.first(where: { $0.name == command.device }) else {
      throw CommandProblem(
        .unknownDevice,
        "there is no device '\(command.device)'\(hint(command.device, devices.map(\.name)))")
    }
    for index in device.tags.indices {
      device.tags[index].power = device.tags[index].scaleFactor.flatMap { exponents[$0] }.flatMap { PowerOfTen($0) }
    }
    var entries: [WritePlan.Entry] = []
    for (index, item) in command.items.enumerated() { entries.append(try entry(index, item, device)) }
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

  private static func entry(
    _ index: Int, _ item: WriteCommand.Item, _ device: CommandDevice
  ) throws(CommandProblem) -> WritePlan.Entry {
    guard let tag = device.tags.first(where: { $0.name == item.tag }) else {
      throw CommandProblem(
        .unknownTag, "\(device.name) has no tag '\(item.tag)'\(hint(item.tag, device.tags.map(\.name)))")
    }
    return try tag.entry(index, item.value, device: device.name)
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

  static func hint(_ name: String, _ known: [String]) -> String {
    if let nearest = EditDistance.nearest(to: name, among: known) { return "; did you mean '\(nearest)'?" }
    let shown = known.prefix(12).joined(separator: ", ")
    return "; known: \(shown)\(known.count > 12 ? " …" : "")"
  }
}
