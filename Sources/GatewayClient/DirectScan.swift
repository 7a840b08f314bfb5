import GatewayConfiguration
import GatewayCore
import ModbusBus
import Telemetry

/// `fieldgate scan` without the daemon: one question after the other, at one line setting or at many.
public struct DirectScan: Sendable {
  public var units: ClosedRange<Int>
  /// For one answer, 10 to 60000.
  public var timeoutMilliseconds: Int
  /// Tries baud rates and parities, until one finds a device.
  public var sweeps = false
  /// A sweep goes on after the first setting that finds a device.
  public var triesAll = false
  public var json = false

  private var timeout: Duration { .milliseconds(timeoutMilliseconds) }

  public init(units: ClosedRange<Int>, timeoutMilliseconds: Int) {
    self.units = units
    self.timeoutMilliseconds = timeoutMilliseconds
  }

  /// - Parameters:
  ///   - isInterrupted: looked at between two questions; then it ends with what was found.
  ///   - output: gets a line for each unit found.
  public func run(
    _ bus: DirectBus, progress: ScanProgress, isInterrupted: () -> Bool, output: (String) -> Void
  ) throws {
    let settings = try plan(bus, progress)
    var found = 0
    var hits: [String] = []
    for (index, setting) in settings.enumerated() {
      let place = setting.map { "\($0.text) (\(index + 1) of \(settings.count))" }
      let count: Int
      do {
        count = try scan(bus, setting, place, progress, isInterrupted, output)
      } catch let failure as UnusableSetting where index > 0 {
        // An adapter may lack one rate; that the port opens at all has been seen.
        progress.note("skipped \(place ?? ""): \(failure.error.detail)")
        continue
      } catch let failure as UnusableSetting {
        throw DirectBus.failure(failure.error)
      }
      found += count
      if count > 0, let setting { hits.append(setting.text) }
      if isInterrupted() { return progress.note("interrupted; \(Self.devices(found)) answered\(Self.list(hits))") }
      if count > 0, !triesAll { break }
    }
    progress.note("\(Self.devices(found)) answered\(Self.list(hits))\(found == 0 ? "; \(advice(bus))" : "")")
  }

  /// The port cannot be opened at this setting.
  private struct UnusableSetting: Error {
    var error: FieldBusError
  }

  private static func devices(_ count: Int) -> String { count == 1 ? "1 device" : "\(count) devices" }

  private static func list(_ hits: [String]) -> String {
    hits.isEmpty ? "" : " at \(hits.joined(separator: " and at "))"
  }

  private func advice(_ bus: DirectBus) -> String {
    guard bus.line != nil else { return "check the address, and that the device serves Modbus TCP on this port" }
    return sweeps
      ? "check power, the polarity of A and B, and try a longer --timeout"
      : "check power and the polarity of A and B, or look at other baud rates with --sweep"
  }

  /// What is tried, after saying how long it may take.
  private func plan(_ bus: DirectBus, _ progress: ScanProgress) throws -> [SweepPlan.Setting?] {
    guard let line = bus.line else {
      guard !sweeps else {
        throw GatewayClient.Failure(
          description: "a TCP endpoint has neither baud rate nor parity; scan it without --sweep")
      }
      announce(timeout * units.count, "", progress)
      return [nil]
    }
    guard units.lowerBound >= 1, units.upperBound <= 247 else {
      throw GatewayClient.Failure(description: "unit ids on a serial line are 1 to 247; give --units within them")
    }
    guard sweeps else {
      let own = SweepPlan.Setting(baud: line.baud, parity: line.parity)
      announce(SweepPlan.longest([own], units: units.count, timeout: timeout), "", progress)
      return [nil]
    }
    let all = SweepPlan.settings
    let until = triesAll ? "" : "; ends with the first setting at which a device answers"
    announce(
      SweepPlan.longest(all, units: units.count, timeout: timeout), ", \(all.count) line settings\(until)", progress)
    return all
  }

  private func announce(_ longest: Duration, _ more: String, _ progress: ScanProgress) {
    progress.note(
      "\(units.count) unit ids, \(timeoutMilliseconds) ms each\(more): at most about \(SweepPlan.text(longest)) where "
        + "nobody answers. Ctrl-C ends it with what was found.")
  }

  /// How many answered at one setting.
  private func scan(
    _ bus: DirectBus, _ setting: SweepPlan.Setting?, _ place: String?, _ progress: ScanProgress,
    _ isInterrupted: () -> Bool, _ output: (String) -> Void
  ) throws -> Int {
    let modbus = bus.modbus(setting, timeout: timeout)
    do throws(FieldBusError) {
      try modbus.open()
    } catch {
      throw UnusableSetting(error: error)
    }
    defer { modbus.close() }
    var found = 0
    var damaged = 0
    for unit in units where !isInterrupted() {
      progress.step("\(place.map { "\($0), " } ?? "")unit \(unit) of \(units.lowerBound)-\(units.upperBound)")
      var scan = UnitScan(unit: unit)
      while let question = scan.question, !isInterrupted() {
        scan.take(try answer(modbus, UInt8(unit), question, &damaged))
      }
      guard scan.isPresent else { continue }
      found += 1
      output(scan.line(json: json, at: sweeps ? setting : nil))
    }
    if damaged > 0 {
      let location = place.map { " at \($0)" } ?? ""
      progress.note(
        "\(damaged) damaged replies\(location): another setting of the line, two devices with one unit id, or noise")
    }
    return found
  }

  private func answer(
    _ modbus: ModbusBus, _ unit: UInt8, _ question: UnitScan.Question, _ damaged: inout Int
  ) throws -> UnitScan.Answer {
    do throws(FieldBusError) {
      if let read = question.read(unit, timeout: timeout) {
        _ = try modbus.read(read)
        return .reply(question.bytes)
      }
      guard let request = RawRequest(unit: unit, bytes: question.bytes) else { return .silence }
      return .reply(try modbus.ask(request, timeout: timeout))
    } catch {
      switch error.reason {
      case .timeout: return .silence
      case .checksum, .malformedReply:
        damaged += 1
        return .silence
      case .exception: return .exception(error.reason.name)
      default: throw DirectBus.failure(error)
      }
    }
  }
}

extension UnitScan.Question {
  /// A read of one entry as the bus sends it, whose short reply is waited for less long; nil for another function.
  fileprivate func read(_ unit: UInt8, timeout: Duration) -> ReadRequest? {
    let tables: [UInt8: RegisterTable] = [
      1: .coil, 2: .discreteInput, 3: .holdingRegister, 4: .inputRegister,
    ]
    guard let table = tables[bytes[0]] else { return nil }
    return ReadRequest(
      unit: unit, table: table, address: 0, count: 1, pacing: RequestPacing(timeout: timeout))
  }
}
