import ArgumentParser
import CentralService
import Glibc
import SQLiteIdentityStore
import Telemetry
import Threads

/// `fieldgate-central ticket`
struct TicketCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ticket", abstract: "Make, list and revoke tickets, with which gateways enrol.",
    subcommands: [Create.self, List.self, Revoke.self])

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a ticket: the paper with which one gateway enrols, once.",
      discussion: """
        The ticket holds a secret: hand it over as you would a key. On the gateway: fieldgate enroll ticket.txt

        Examples:
          sudo fieldgate-central ticket create barn-7 --site "North farm" > ticket.txt
          sudo fieldgate-central ticket create barn-7 --qr            (to be photographed from the screen)
          sudo fieldgate-central ticket create barn-7 --png ticket.png
        """)

    @Argument(help: "The gateway's name: 1 to 64 letters, digits and _ - .") var gateway: String
    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Where it stands.") var site: String?
    @Option(help: "How long the ticket is good: a number with s, m, h or d.") var valid = Span(days: 7)
    @Option(
      help:
        "https://HOST:PORT of this central; by default that of 'serve --url', or the first name and the service's port."
    )
    var url: String?
    @Flag(help: "Also show it as a QR code, on standard error.") var qr = false
    @Option(help: "Also write the QR code to this new PNG file.") var png: String?

    func run() throws {
      try attempt {
        // Before there is a ticket that nobody has seen.
        if let png, access(png, F_OK) == 0 {
          throw RefusedError(description: "\(png) is there already; name a new file. No ticket was made")
        }
        let made = try directory.work.makeTicket(gateway: gateway, site: site, url: url, seconds: valid.seconds)
        for remark in made.remarks { tell("note: \(remark)\n") }
        print(try TicketText.make(made.ticket, made.record, json: output.json), terminator: "")
        if qr { tell(try TicketText.terminalCode(made.ticket)) }
        if let png { try TicketText.writePicture(made.ticket, png) }
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List tickets, newest first, without their secrets.")

    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      try attempt {
        let tickets = try directory.work.withStore { try $0.tickets() }
        print(IdentityText.tickets(tickets, json: output.json, now: SystemClock.wall()))
      }
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an open ticket worthless.",
      discussion: "A used one: its gateway has a certificate, see 'fieldgate-central gateway deny'.")

    @Argument(help: "Its number, as listed.") var number: Int64
    @OptionGroup var directory: DataOptions

    func run() throws {
      try attempt {
        let work = directory.work
        guard try work.withStore({ try $0.revokeTicket(number, by: work.who, now: SystemClock.wall()) }) else {
          complain("there is no open ticket \(number): see 'fieldgate-central ticket list'")
          throw ExitCode(1)
        }
        print("ticket \(number) is revoked")
      }
    }
  }
}
