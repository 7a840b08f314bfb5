import ArgumentParser
import GatewayClient
import Glibc

struct Enroll: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let this gateway take part at a central, with a ticket that its operator made.",
    discussion: """
      Makes a key on this box, recognises central by the ticket, gets a certificate,
      tries it, and enters central in the configuration if it is not there. From then
      on the daemon renews the certificate by itself. What was interrupted goes on when
      it is called again with the same ticket. Ends with 1 when it did not succeed, and
      says why and what to do next.

      HTTP proxies: --proxy, or the variables https_proxy and no_proxy.

      Examples:
        sudo fieldgate enroll ticket.txt
        sudo fieldgate enroll -               paste the ticket, or type it
        fieldgate enroll ticket.txt --dry-run look only; needs no rights
      """)
  @Option(name: .shortAndLong, help: "The configuration file.", completion: .file(extensions: ["yaml", "yml"]))
  var configuration = EnrolmentRun.Options.usualConfiguration
  @Option(help: "The directory for key and certificate (else as in the configuration).", completion: .directory)
  var identity: String?
  @Option(help: "http://HOST:PORT, through which central is reached.") var proxy: String?
  @Flag(help: "Read the ticket and look at central, and change nothing.") var dryRun = false
  @Flag(help: "Print one JSON object.") var json = false
  @Argument(help: "The ticket's file, or - for standard input.", completion: .file()) var ticket: String

  func validate() throws {
    if let identity, !identity.hasPrefix("/") { throw ValidationError("--identity must be a whole path") }
    if let proxy, !proxy.hasPrefix("http://"), !proxy.hasPrefix("https://") {
      throw ValidationError("--proxy must be http://HOST:PORT")
    }
  }

  func run() throws {
    let text: String
    if ticket == "-" {
      if isatty(STDIN_FILENO) != 0 {
        ProgressLine.progress.note("Paste or type the ticket; it ends with the line 'check:'.")
      }
      text = EnrolmentRun.readStandardInput()
    } else {
      guard let read = EnrolmentRun.readFile(ticket) else {
        throw ValidationError("the ticket \(ticket) cannot be read (\(String(cString: strerror(errno))))")
      }
      text = read
    }
    let options = EnrolmentRun.Options(
      configuration: configuration, identity: identity, proxy: proxy, isDryRun: dryRun, printsJSON: json)
    let run = EnrolmentRun(options: options) { line in
      print(line)
      fflush(nil)
    }
    guard run.run(ticket: text) else { throw ExitCode(1) }
  }
}
