import GatewayConfiguration
import GatewayRuntime
import Logging
import SQLiteOutbox
import Telemetry
import YAMLParser

/// A line on the local socket, answered by a real engine with a real outbox and no buses.
enum RequestTarget {
  static func run(_ bytes: [UInt8]) -> Bool {
    guard let bench = RequestBench.shared else { preconditionFailure("the engine does not start") }
    return bench.ask(bytes.filter { $0 != 0x0a })
  }

  static let seeds = [
    #"{"request":"status"}"#, #"{"request":"devices"}"#, #"{"request":"outbox"}"#, #"{"request":"plan"}"#,
    #"{"request":"values","tags":["boiler/temp","boiler"]}"#, #"{"request":"tail","tags":["boiler/*"]}"#,
    #"{"request":"alarms"}"#, #"{"request":"tag","tag":"boiler/temp"}"#,
    #"{"request":"write","tag":"boiler/setpoint","value":21.5,"ttl":"10s"}"#,
    #"{"request":"read","device":"boiler","table":"holding","address":100,"type":"int16"}"#,
    #"{"request":"probe","bus":"plc","unit":3}"#, #"{"request":"reload","check":true}"#,
    #"{"request":"acknowledge","alarm":"hot","by":"ann"}"#, #"{"request":"shelve","alarm":"hot","for":"1h"}"#,
    #"{"request":"comment","alarm":"hot","comment":"\u00e4 \"x\""}"#, #"{"request":"normal","alarm":"hot"}"#,
    #"{"request":"stored","after":"1-2-3-4-5","from":"2026-11-25T00:00:00Z"}"#,
    #"{"request":"alarm-history","since":"2026-11-25T00:00:00Z","limit":10}"#, "nonsense", "{}", "[]",
  ].map { Array($0.utf8) }
}

private final class RequestBench: @unchecked Sendable {  // a fuzzer and a test use one thread
  static let shared = try? RequestBench()

  private let engine: GatewayEngine
  private let viewers = CheckingViewers()
  private let clock = StandingClock()

  private init() throws {
    let directory = "/tmp/fieldgate-fuzz-\(UInt64.random(in: 0...UInt64.max))"
    let text = """
      gateway: barn-7
      buses: [ { name: plc, type: modbus-tcp, host: 192.0.2.10 } ]
      devices:
        - name: boiler
          bus: plc
          unit: 1
          every: 1s
          tags:
            - { name: temp, holding: 1, type: int16 }
            - { name: setpoint, holding: 2, type: int16, writable: { minimum: 0, maximum: 99 } }
      rules: [ { name: hot, tag: boiler/temp, above: 85 } ]
      outbox: { directory: \(directory), disk-floor: 0B }
      """
    let (settings, diagnostics) = GatewaySettingsReader.read(try YAMLFile.parse(Array(text.utf8)))
    guard let settings else { preconditionFailure("\(diagnostics)") }
    let store = SQLiteOutbox(.machine(directory: directory, boot: "boot"))
    engine = try GatewayEngine(
      settings: settings,
      outside: .init(
        clock: clock, store: store, broker: nil, central: nil, viewers: viewers, supervisor: NoSupervisor(),
        topics: nil, state: nil),
      buses: [], log: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }, version: "fuzz",
      random: SystemRandomNumberGenerator())
    // With a scan there is something to show for every request.
    let scan = DeviceScan(device: 0, time: clock.wall(), readings: [Reading(.integer(21)), Reading(.integer(22))])
    engine.take(.scan(scan, started: clock.now, fault: nil))
    engine.turn()
  }

  func ask(_ line: [UInt8]) -> Bool {
    viewers.answers = 0
    viewers.errors = 0
    engine.take(.request(client: 1, line))
    engine.turn()
    clock.now = clock.now + .seconds(30)
    engine.turn()
    engine.take(.viewerLeft(client: 1))
    engine.turn()
    precondition(viewers.answers > 0, "a request without an answer")
    return viewers.errors == 0
  }
}

private final class CheckingViewers: LocalAPIReplies {
  var answers = 0
  var errors = 0

  func send(_ line: [UInt8], to client: Int) -> Bool {
    guard !line.dropLast().contains(0x0a), line.first == UInt8(ascii: "{"),
      case .mapping(let members)? = try? YAMLFile.parse(line).content
    else { preconditionFailure("an answer that is not one line of JSON") }
    answers += 1
    if members.contains(where: { $0.key.content == .scalar("error", isQuoted: true) }) { errors += 1 }
    return true
  }
}

private final class StandingClock: EngineClock {
  var now = MonotonicTime(nanoseconds: 1_000_000_000)

  func monotonic() -> MonotonicTime { now }
  func wall() -> Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + now.nanoseconds / 1_000_000) }
  var isSynchronized: Bool { true }
  func minuteOfWeek(_ time: Timestamp) -> Int { 0 }
}

private final class NoSupervisor: ServiceSupervisor {
  var watchdogInterval: Duration? { nil }
  func feedWatchdog() {}
  func show(_ status: String) {}
}
