import ArgumentParser
import GatewayClient
import Glibc

/// For the person who waits, beside what programs read from standard output.
private func note(_ text: String) {
  let bytes = Array(text.utf8)
  _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
}

struct Write: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write one tag that the configuration marks as writable.",
    discussion: """
      Shows the old value, asks, writes before the next poll, reads back, and says what
      happened: done, refused, expired, mismatch or unknown. Ends with 0 only for done.
      A command that the bus has no time for within --ttl is not written any more.

      Values are in the tag's unit; on and off, or true and false, for bools; names and
      texts where the tag has them.

      Examples:
        fieldgate write boiler/setpoint 21.5
        fieldgate write pump/run on --yes --json
        fieldgate write pump/mode auto
        fieldgate write pump/run off --ttl 2s
      """)
  @OptionGroup var daemon: DaemonOptions
  @Option(help: "How long it may wait, 100ms to 5min; 10 s when left out.") var ttl: String?
  @Flag(help: "Do not ask.") var yes = false
  @Argument(help: "DEVICE/TAG.") var tag: String
  @Argument(help: "The value.") var value: String

  func run() throws {
    let user = getenv("SUDO_USER").map { String(cString: $0) }
    let confirm: ((String) -> Bool)? =
      yes
      ? nil
      : { question in
        // Not among what programs read.
        note("\(question) [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
      }
    guard try daemon.client().write(tag, value, timeToLive: ttl, user: user, confirm: confirm) else {
      throw ExitCode(1)
    }
  }
}

struct Read: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read registers or coils of any device on a bus, as any type.",
    discussion: """
      Goes through the running daemon, between two of its polls. Addresses are protocol
      addresses, from 0: what a manual calls 40101 is holding 100.

      Examples:
        fieldgate read rs485 3 holding 100
        fieldgate read rs485 3 input 20 --type float32 --order little-big
        fieldgate read plc 1 coil 0 --count 16
      """)
  @OptionGroup var daemon: DaemonOptions
  @Option(help: "How many values; of a string, how many registers.") var count = 1
  @Option(help: "As in the configuration: int16, uint32, float32, string …") var type = "uint16"
  @Option(help: "big-big, little-big, big-little or little-little.") var order = "big-big"
  @Argument(help: "The bus, as in the configuration.") var bus: String
  @Argument(help: "The unit id.") var unit: Int
  @Argument(help: "coil, discrete, holding or input.") var table: String
  @Argument(help: "The protocol address, from 0.") var address: Int

  func run() throws {
    try daemon.client().read(
      RawRead(
        bus: bus, unit: unit, table: table, address: address, count: count, type: type, order: order))
  }
}

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how well each device answers and how busy each bus is.",
    discussion: """
      Counted since the daemon started; response times weigh newer answers more. A device
      below 100 % has bad wiring, a time-out that is too short, or a wrong unit id; the
      line with '!' says what its newest trouble was. A bus that is busy for more than
      about 80 % of its time leaves little room: see fieldgate plan.
      """)
  @OptionGroup var daemon: DaemonOptions

  func run() throws { try daemon.client().devices() }
}

struct Scan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the devices on a bus.",
    discussion: """
      Asks every unit id in the gaps that the daemon's schedule leaves, so that no poll is
      late for it. For each device that answers it prints which functions it has, and
      maker and product where it tells them (function 43). Nothing is written.

      Examples:
        fieldgate scan rs485
        fieldgate scan rs485 --units 1-32 --timeout 100 --json
      """)
  @OptionGroup var daemon: DaemonOptions
  @Option(help: "Unit ids, FIRST-LAST.") var units = "1-247"
  @Option(help: "Milliseconds for one answer, 10 to 60000.") var timeout = 200
  @Argument(help: "The bus, as in the configuration.") var bus: String

  func validate() throws { _ = try range() }

  private func range() throws -> ClosedRange<Int> {
    let ends = units.split(separator: "-").compactMap { Int($0) }
    guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last, (0...255).contains(first),
      last <= 255, (10...60_000).contains(timeout)
    else { throw ValidationError("--units is FIRST-LAST within 0-255, --timeout 10 to 60000") }
    return first...last
  }

  func run() throws {
    try daemon.client().scan(bus: bus, units: try range(), timeoutMilliseconds: timeout) { line in
      note("\(line)\n")
    }
  }
}
