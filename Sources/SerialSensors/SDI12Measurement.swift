public import Telemetry

/// One scan of one SDI-12 sensor: its commands in turn, each with its retries.
///
/// Says what to send or for how long to wait; whoever drives it tells it the lines that came or that none did.
public struct SDI12Measurement: Hashable, Sendable {
  public enum Step: Hashable, Sendable {
    /// Send this, and wait for one line.
    case ask([UInt8])
    /// The sensor measures. It may say earlier that it has finished; the line is kept for it (`M`).
    case listen(seconds: Int)
    /// The sensor measures, and the line is free for others meanwhile (`C`).
    case pause(seconds: Int)
    case done
  }

  /// A command is sent up to three times (SDI-12 1.4, section 7.2, asks for at least that).
  public static let attempts = 3
  /// Data commands D0 to D9.
  static let maximumDataCommands = 10

  private enum Phase: Hashable {
    case start
    case measuring(seconds: Int)
    case data(Int)
  }

  private let sensor: SDI12Sensor
  private var commands: ArraySlice<SDI12Command>
  private var phase = Phase.start
  private var attempt = 1
  private var expected = 0
  private var collected: [[UInt8]] = []
  /// What went wrong first, for people.
  public private(set) var fault: String?
  /// Retries so far, by reason.
  public private(set) var retries: [Quality.Reason] = []
  /// Some line of the sensor came.
  public private(set) var isAnswered = false
  private var results: [SDI12Command: [[UInt8]]] = [:]
  private var failures: [SDI12Command: Quality.Reason] = [:]

  /// - Parameter commands: each once, 1 or more.
  public init(_ sensor: SDI12Sensor, commands: [SDI12Command]) {
    self.sensor = sensor
    self.commands = commands[...]
  }

  private var name: String { "sensor \(Character(Unicode.Scalar(sensor.address)))" }

  public var step: Step {
    guard let command = commands.first else { return .done }
    switch phase {
    case .start: return .ask(bytes(command.text(withChecksum: sensor.hasChecksum)))
    case .measuring(let seconds):
      return command.kind == .concurrent ? .pause(seconds: seconds) : .listen(seconds: seconds)
    case .data(let index): return .ask(bytes("D\(index)"))
    }
  }

  private func bytes(_ text: String) -> [UInt8] { [sensor.address] + Array(text.utf8) + [UInt8(ascii: "!")] }

  /// A line came while this was waiting. One that is not of the sensor asked for is a damaged reply.
  public mutating func received(_ line: FramedLine) {
    guard let command = commands.first else { return }
    do throws(SDI12Reply.Failure) {
      guard !line.isDamaged else { throw .malformed }
      switch phase {
      case .start where command.kind == .continuous: try took(values: line.bytes)
      case .start:
        let digits = command.kind == .concurrent ? 1...2 : 1...1
        let (seconds, values) = try SDI12Reply.announcement(line.bytes, address: sensor.address, digits: digits)
        expected = values
        attempt = 1
        isAnswered = true
        // Without values there is nothing to fetch.
        guard values > 0 else { return end(.sensorFault, "\(name) has no values for \(command.name)") }
        phase = seconds == 0 ? .data(0) : .measuring(seconds: seconds)
      case .measuring:
        // The service request, `a` alone; anything else meanwhile is noise, and the time runs on.
        if line.bytes == [sensor.address] { elapsed() }
      case .data: try took(values: line.bytes)
      }
    } catch {
      retry(error == .checksum ? .checksum : .malformedReply)
    }
  }

  /// The time of a ``Step/listen(seconds:)`` or ``Step/pause(seconds:)`` has passed.
  public mutating func elapsed() {
    guard case .measuring = phase else { return }
    phase = .data(0)
    attempt = 1
  }

  /// No line came in time after a ``Step/ask(_:)``.
  public mutating func timedOut() { retry(.timeout) }

  /// Gives up what is left.
  public mutating func abandon(_ reason: Quality.Reason, _ text: String) {
    while !commands.isEmpty { end(reason, text) }
  }

  private mutating func took(values line: [UInt8]) throws(SDI12Reply.Failure) {
    guard let command = commands.first else { return }
    let values = try SDI12Reply.values(line, address: sensor.address, hasChecksum: sensor.hasChecksum)
    isAnswered = true
    collected += values
    guard command.kind != .continuous else {
      return values.isEmpty
        ? end(.sensorFault, "\(name) answered \(command.name) without values") : finish(command)
    }
    guard collected.count <= expected else {
      collected.removeLast(values.count)
      throw .malformed
    }
    if collected.count == expected { return finish(command) }
    guard case .data(let index) = phase, !values.isEmpty, index + 1 < Self.maximumDataCommands else {
      // "a" alone says that the measurement was aborted or failed (section 4.4.7).
      return end(
        .sensorFault, "\(name) gave \(collected.count) of \(expected) values of \(command.name): its measurement failed"
      )
    }
    phase = .data(index + 1)
    attempt = 1
  }

  private mutating func finish(_ command: SDI12Command) {
    results[command] = collected
    next()
  }

  private mutating func end(_ reason: Quality.Reason, _ text: String) {
    guard let command = commands.first else { return }
    failures[command] = reason
    if fault == nil { fault = text }
    next()
  }

  private mutating func next() {
    commands = commands.dropFirst()
    phase = .start
    attempt = 1
    expected = 0
    collected = []
  }

  private mutating func retry(_ reason: Quality.Reason) {
    retries.append(reason)
    if reason != .timeout { isAnswered = true }
    guard attempt >= Self.attempts, let command = commands.first else { return attempt += 1 }
    let text =
      switch reason {
      case .timeout: "did not answer; check power, data wire and address"
      case .checksum: "answered with a wrong check sum; check cable and ground"
      default: "gave a reply that does not fit; check for two sensors with one address"
      }
    end(reason, "\(name) \(text) (\(command.name), \(Self.attempts) attempts)")
    // Who does not answer one command does not answer the others.
    if reason == .timeout, !isAnswered { abandon(reason, text) }
  }

  /// The reading of one value, after the end.
  public func reading(_ command: SDI12Command, value: Int, as point: FieldPoint) -> Reading {
    guard let values = results[command] else { return .bad(failures[command] ?? .timeout) }
    guard values.indices.contains(value - 1) else { return .bad(.sensorFault) }
    return FieldDecoder.decode(values[value - 1], as: point)
  }

  /// What asks a sensor for its identification.
  public static func identify(_ sensor: SDI12Sensor) -> [UInt8] {
    [sensor.address, UInt8(ascii: "I"), UInt8(ascii: "!")]
  }

  /// The words of an identification; nil when the line is none of this sensor.
  public static func identity(_ line: FramedLine, of sensor: SDI12Sensor) -> String? {
    line.isDamaged ? nil : try? SDI12Reply.identification(line.bytes, address: sensor.address)
  }

  /// The line without the command in front, which adapters on one data wire hear themselves.
  public static func withoutEcho(_ line: [UInt8], of command: [UInt8]) -> [UInt8] {
    line.starts(with: command) ? Array(line.dropFirst(command.count)) : line
  }
}
