import Enrolment
import GatewayConfiguration
import GatewayIdentity
import Glibc
import JSONText
import OwnerRights
import PKI
import Telemetry

/// `fieldgate enroll`: from a ticket to a certificate that central accepts (docs/identity.md). Whatever is interrupted goes on
/// where it stopped when it is called again with the same ticket.
public struct EnrolmentRun {
  public struct Options {
    public static let usualConfiguration = "/etc/fieldgate/gateway.yaml"

    public var configuration: String
    /// The identity directory; nil: as the configuration says.
    public var identity: String?
    public var proxy: String?
    /// Only looks: asks central for its certificates, uses nothing up and writes nothing.
    public var isDryRun: Bool
    public var printsJSON: Bool

    public init(configuration: String, identity: String?, proxy: String?, isDryRun: Bool, printsJSON: Bool) {
      self.configuration = configuration
      self.identity = identity
      self.proxy = proxy
      self.isDryRun = isDryRun
      self.printsJSON = printsJSON
    }
  }

  /// Nobody enrolled anything before: a clock that shows less has never been set.
  static let earliestNow: Int64 = 1_767_225_600
  /// More than clocks of boxes that are set differ by.
  static let allowedClockDifference: Int64 = 300

  let options: Options
  let output: (String) -> Void
  let section: CentralSection
  let directory: IdentityDirectory
  private let clock: () -> Int64
  var now: Int64 { clock() }

  /// - Parameters:
  ///   - clock: seconds since 1970; nil: this machine's.
  ///   - output: takes whole lines.
  public init(
    options: Options, clock: (() -> Int64)? = nil, output: @escaping (String) -> Void
  ) {
    self.options = options
    self.clock = clock ?? { Int64(time(nil)) }
    self.output = output
    section = CentralSection(path: options.configuration)
    directory = IdentityDirectory(
      options.identity ?? section.settings?.identity ?? CentralSettings.standardIdentity)
  }

  /// - Returns: false when the gateway is not enrolled by this; everything has been said then.
  public func run(ticket text: String) -> Bool {
    do {
      let ticket = try readTicket(text)
      try checkConfiguration(ticket)
      let client = ESTClient(url: ticket.url, proxy: options.proxy ?? section.settings?.proxy)
      let root = try findRoot(ticket, client)
      if options.isDryRun {
        say("dry run: nothing was written, and the ticket is not used up")
        report(ticket, nil, nil)
        return true
      }
      let facts = try OwnerRights.asOwner(of: directory.path, serviceUser: ConfigurationCheck.serviceUser) {
        try obtain(ticket, root, client)
      }
      let outcome = section.write(url: ticket.url, proxy: options.proxy, identity: directory.path)
      tell(ticket, facts, outcome)
      return true
    } catch let failure as EnrolmentFailure {
      complain(failure)
    } catch let error as IdentityError {
      complain(EnrolmentFailure(error))
    } catch {
      complain(EnrolmentFailure("failed", "\(error)", next: ""))
    }
    return false
  }

  func say(_ line: String) {
    if !options.printsJSON { output(line) }
  }

  // MARK: Before anything is used up

  private func readTicket(_ text: String) throws(EnrolmentFailure) -> Ticket {
    let ticket: Ticket
    do throws(TicketError) {
      ticket = try Ticket(text)
    } catch {
      throw EnrolmentFailure(error)
    }
    say("ticket: for gateway \(ticket.gateway)\(ticket.site.map { " at \($0)" } ?? ""), central \(ticket.url)")
    guard now >= Self.earliestNow else { throw .clock(Self.text(now), other: nil) }
    return ticket
  }

  private func checkConfiguration(_ ticket: Ticket) throws(EnrolmentFailure) {
    // A slip of the pen in a name that was given; the usual file may come later.
    if !section.isThere, section.path != Options.usualConfiguration {
      throw EnrolmentFailure(
        "no_configuration", "the configuration \(section.path) cannot be read",
        next: "correct its name; the ticket is not used up")
    }
    if let name = section.gateway, name != ticket.gateway {
      throw EnrolmentFailure(
        "name_mismatch",
        "the ticket is for the gateway '\(ticket.gateway)', and \(section.path) calls this one '\(name)'",
        next: "correct 'gateway:' in that file, or use this gateway's own ticket; the ticket is not used up")
    }
    if let settings = section.settings, settings.url != ticket.url {
      throw EnrolmentFailure(
        "url_mismatch", "\(section.path) sends to \(settings.url), and the ticket is of \(ticket.url)",
        next: "correct 'url' of central in that file, or remove its 'central:' and let enroll write it")
    }
  }

  /// Only the certificate with the ticket's hash is believed from now on.
  private func findRoot(_ ticket: Ticket, _ client: ESTClient) throws(EnrolmentFailure) -> Certificate {
    let answer: (text: [UInt8], date: Int64?)
    do throws(ESTFailure) {
      answer = try client.authorities()
    } catch {
      throw EnrolmentFailure(error, url: ticket.url)
    }
    let bundle: CertificateBundle
    do throws(CertificateError) {
      bundle = try CertificateBundle(certsOnly: answer.text)
    } catch {
      throw EnrolmentFailure(.notCentral("\(error)"), url: ticket.url)
    }
    guard let root = bundle.certificate(sha256: ticket.root.bytes) else {
      throw EnrolmentFailure(
        "root_mismatch", "what answers at \(ticket.url) is not the central of this ticket: its CA has another hash",
        next: "is it a ticket of another central, or of before its CA was made anew? Otherwise do not go on in this "
          + "network, because somebody may be in between, and tell the operator; the ticket is not used up")
    }
    if let date = answer.date, abs(date - now) > Self.allowedClockDifference {
      throw .clock(Self.text(now), other: Self.text(date))
    }
    guard ticket.expires.milliseconds / 1_000 > now else {
      throw EnrolmentFailure(
        "ticket_expired", "the ticket has expired: it was good until \(Self.text(ticket.expires.milliseconds / 1_000))",
        next: EnrolmentRefusal.ticketExpired.nextStep)
    }
    say("central: reached, and its CA is the ticket's")
    return root
  }

  static func text(_ seconds: Int64) -> String {
    String(Timestamp(milliseconds: seconds * 1_000).iso8601.prefix(19)) + "Z"
  }
}
