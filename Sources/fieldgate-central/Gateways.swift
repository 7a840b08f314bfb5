import ArgumentParser
import CentralCore
import CentralService
import SQLiteIdentityStore
import Telemetry
import Threads

/// `fieldgate-central gateway`
struct GatewayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gateway", abstract: "List gateways; shut one out or let it in again. It acts at once.",
    subcommands: [List.self, Show.self, Deny.self, Allow.self, Retire.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List enrolled gateways: certificates, when they were seen, and what looks wrong.")

    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      try attempt {
        let (records, late) = try directory.work.withStore { (try $0.gateways(), try $0.lateRenewals()) }
        let members = FleetReport.members(records, data: directory.data)
        print(IdentityText.gateways(members, late: late, json: output.json, now: SystemClock.wall()))
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one gateway with its certificates.")

    @Argument var gateway: String
    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      try attempt {
        guard let record = try directory.work.withStore({ try $0.gateway(gateway) }) else {
          throw GatewayCommand.unknown(gateway)
        }
        let member = FleetReport.members([record], data: directory.data)[0]
        print(IdentityText.gateway(member, json: output.json, now: SystemClock.wall()))
      }
    }
  }

  struct Deny: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shut a gateway out until it is allowed again. It keeps its data and says why it cannot send.")

    @Argument var gateway: String
    @OptionGroup var directory: DataOptions
    @Option(help: "Why, for the audit log.") var reason = ""

    func run() throws { try GatewayCommand.change(.denied, gateway, directory, reason) }
  }

  struct Allow: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a gateway in again. A retired one also needs a new ticket.")

    @Argument var gateway: String
    @OptionGroup var directory: DataOptions
    @Option(help: "Why, for the audit log.") var reason = ""

    func run() throws { try GatewayCommand.change(.allowed, gateway, directory, reason) }
  }

  struct Retire: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a gateway out of service: its certificates are closed for good, its data stays.")

    @Argument var gateway: String
    @OptionGroup var directory: DataOptions
    @Option(help: "Why, for the audit log.") var reason = ""

    func run() throws { try GatewayCommand.change(.retired, gateway, directory, reason) }
  }

  static func change(_ standing: GatewayStanding, _ gateway: String, _ directory: DataOptions, _ reason: String) throws
  {
    try attempt {
      let work = directory.work
      let now = SystemClock.wall()
      switch try work.withStore({ try $0.change(standing, of: gateway, by: work.who, reason: reason, now: now) }) {
      case .changed(let before): print("\(gateway) is \(standing.rawValue) (was \(before.rawValue))")
      case .already: print("\(gateway) is \(standing.rawValue) already")
      case .unknownGateway: throw unknown(gateway)
      }
    }
  }

  static func unknown(_ gateway: String) -> IdentityStoreError {
    IdentityStoreError(
      "no gateway '\(gateway)' has enrolled: see 'fieldgate-central gateway list', and 'ticket create' for a new one")
  }
}

/// `fieldgate-central site`
struct SiteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "site", abstract: "Settings for all gateways of a site.", subcommands: [LateRenewal.self])

  struct LateRenewal: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let gateways of a site renew certificates that have ended.",
      discussion: """
        For gateways that were without a link for longer than their certificates live. The service must have the listener
        for it (serve --late-renewal-listen HOST:PORT). Whoever has such a gateway's key can come back in this way, so
        open it for as long as it takes, and look at 'gateway list' afterwards.

        Example:
          sudo fieldgate-central site late-renewal "North farm" --for 7d
        """)

    @Argument(help: "The site, as in its gateways' tickets.") var site: String
    @OptionGroup var directory: DataOptions
    @Option(name: .customLong("for"), help: "How long: a number with s, m, h or d.") var time: Span?
    @Flag(help: "Close it now.") var close = false

    func run() throws {
      try attempt {
        guard (time == nil) == close else { throw ValidationError("give either --for or --close") }
        let work = directory.work
        let now = SystemClock.wall()
        let until = now + .seconds(time?.seconds ?? -1)
        let gateways = try work.withStore { store in
          try store.allowLateRenewal(site: site, until: until, by: work.who, now: now)
          return try store.gateways().count { $0.site == site }
        }
        print(
          close ? "late renewal is closed for \(site)" : "gateways of \(site) may renew late until \(until.iso8601)")
        guard !close else { return }
        if gateways == 0 { tell("note: no gateway is of the site '\(site)'; see 'fieldgate-central gateway list'\n") }
        tell("note: they can come only where the service was started with --late-renewal-listen\n")
      }
    }
  }
}
