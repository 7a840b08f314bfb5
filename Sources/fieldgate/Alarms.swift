import ArgumentParser
import GatewayClient
import Glibc

struct Alarms: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show alarms, acknowledge, shelve and comment them.",
    discussion: """
      Examples:
        fieldgate alarms                          what is wrong now
        fieldgate alarms history --since 1h       what happened
        fieldgate alarms ack boiler_too_hot --comment "pump exchanged"
        fieldgate alarms ack --all
        fieldgate alarms shelve boiler_too_hot --for 2h
        fieldgate alarms unshelve boiler_too_hot
        fieldgate alarms comment boiler_too_hot "a technician is on the way"
        fieldgate alarms normal boiler_odd        what the anomaly found is normal from now on
      """,
    subcommands: [
      AlarmList.self, AlarmHistory.self, AlarmAcknowledge.self, AlarmShelve.self, AlarmUnshelve.self,
      AlarmCommentCommand.self, AlarmNormal.self,
    ],
    defaultSubcommand: AlarmList.self)
}

/// Behind sudo the kernel knows root; the person is who called it.
private var user: String? { getenv("SUDO_USER").map { String(cString: $0) } }

private func finish(_ isDone: Bool) throws {
  if !isDone { throw ExitCode(1) }
}

struct AlarmList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show what is wrong now; the default.",
    discussion: """
      What asks for somebody is in capitals and comes first: ACTIVE, and gone but not
      acknowledged. FIRST marks the alarm of a group that rose first, most likely its
      cause. CHATTERING comes and goes: give its rule a hysteresis or a delay.
      """)
  @OptionGroup var daemon: DaemonOptions
  @Flag(help: "Show normal ones as well.") var all = false

  func run() throws { try daemon.client().alarms(all: all) }
}

struct AlarmHistory: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show what happened to alarms since the daemon started, oldest first.",
    discussion: """
      The daemon remembers its newest 1,000 events; all of them are at central
      (GET /v1/alarms). Times are UTC.
      """)
  @OptionGroup var daemon: DaemonOptions
  @Option(help: "A duration before now (1h, 2d) or a time (2026-05-01T10:00:00Z).") var since: String?
  @Argument(help: "Only this alarm.") var alarm: String?

  func run() throws { try daemon.client().alarmHistory(since: since, alarm: alarm) }
}

struct AlarmAcknowledge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ack",
    abstract: "Say that you have seen an alarm.",
    discussion: """
      It stays active while its cause holds; when that is gone, it is normal. With --all
      every alarm that waits for it, but for those that are set aside. The record names
      you, and central sees it.
      """)
  @OptionGroup var daemon: DaemonOptions
  @Flag(help: "All alarms that wait for it.") var all = false
  @Option(help: "What you found or did, at most 256 bytes.") var comment: String?
  @Argument(help: "The alarm.") var alarm: String?

  func validate() throws {
    guard (alarm == nil) == all else { throw ValidationError("name an alarm, or --all") }
  }

  func run() throws { try finish(daemon.client().perform(.acknowledge(alarm), comment: comment, user: user)) }
}

struct AlarmShelve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shelve",
    abstract: "Set an alarm aside for a time: it is recorded and not shown.",
    discussion: """
      For 8 hours unless --for says otherwise, at most 7 days. Afterwards it is shown as
      it is by then. A restart of the daemon does not end it.
      """)
  @OptionGroup var daemon: DaemonOptions
  @Option(name: .customLong("for"), help: "How long: 30min, 2h, 3d, or a number of seconds.") var time: String?
  @Option(help: "Why, at most 256 bytes.") var comment: String?
  @Argument(help: "The alarm.") var alarm: String

  func run() throws {
    try finish(daemon.client().perform(.shelve(alarm, for: time), comment: comment, user: user))
  }
}

struct AlarmUnshelve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unshelve", abstract: "Show a shelved alarm again before its time is over.")
  @OptionGroup var daemon: DaemonOptions
  @Option(help: "Why, at most 256 bytes.") var comment: String?
  @Argument(help: "The alarm.") var alarm: String

  func run() throws { try finish(daemon.client().perform(.unshelve(alarm), comment: comment, user: user)) }
}

struct AlarmCommentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "comment", abstract: "Write something to an alarm, for whoever looks at it next.")
  @OptionGroup var daemon: DaemonOptions
  @Argument(help: "The alarm.") var alarm: String
  @Argument(help: "The text, at most 256 bytes.") var text: String

  func run() throws { try finish(daemon.client().perform(.comment(alarm), comment: text, user: user)) }
}

struct AlarmNormal: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "normal",
    abstract: "Tell an anomaly rule that what it found is normal.",
    discussion: """
      Its detector learns the value (or the season, shift or standstill it named), and the
      alarm is acknowledged. It clears with the next usual value. Only for rules with
      'anomaly'.
      """)
  @OptionGroup var daemon: DaemonOptions
  @Option(help: "Why, at most 240 bytes.") var comment: String?
  @Argument(help: "The alarm.") var alarm: String

  func run() throws { try finish(daemon.client().perform(.normal(alarm), comment: comment, user: user)) }
}
