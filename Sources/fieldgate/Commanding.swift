import ArgumentParser
import GatewayClient
import Glibc

/// For the person who waits, beside what programs read from standard output.
func note(_ text: String) {
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
        fieldgate write freezer/setpoint -18
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
