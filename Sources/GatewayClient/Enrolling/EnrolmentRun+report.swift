import Enrolment
import GatewayConfiguration
import GatewayIdentity
import Glibc
import JSONText
import Telemetry

/// What came of it, for people and for programs.
extension EnrolmentRun {
  func tell(_ ticket: Ticket, _ facts: CertificateFacts, _ outcome: CentralSection.Outcome) {
    say(
      "enrolled: gateway \(ticket.gateway), certificate until \(Self.text(facts.notAfter)), renewed by the daemon itself"
    )
    if outcome == .written { say("configuration: central was added to \(section.path)") }
    for step in next(outcome) { say("next: \(step)") }
    report(ticket, facts, outcome)
  }

  private func next(_ outcome: CentralSection.Outcome) -> [String] {
    var steps: [String] = []
    switch outcome {
    case .left(let text): steps.append(text)
    case .kept:
      if let central = section.settings, central.identity == nil {
        steps.append(
          "\(section.path) names certificate files of its own: remove 'authority', 'certificate' and 'key' of central there, "
            + "so that the new ones are used")
      } else if let identity = section.settings?.identity, identity != directory.path {
        steps.append("\(section.path) names another identity directory, \(identity): enter \(directory.path) there")
      }
    case .written: break
    }
    if !section.isThere { return steps }
    guard GatewayClient.isServed(socket: section.socket) else {
      steps.append(
        "sudo systemctl enable --now fieldgate (where the daemon runs already: sudo fieldgate reload), then: "
          + "fieldgate status")
      return steps
    }
    // A daemon that knows of this central and this directory looks into it every few seconds.
    let isSeen = outcome == .kept && section.settings?.identity == directory.path
    let usual = section.socket == GatewayClient.defaultSocket
    let option = usual ? "" : " --socket \(section.socket)"
    steps.append(
      (isSeen ? "" : "sudo fieldgate reload\(option), so that the running daemon learns of central, then: ")
        + "fieldgate status\(option)" + (isSeen ? " (the running daemon takes the certificate within 5 s)" : ""))
    return steps
  }

  func report(_ ticket: Ticket, _ facts: CertificateFacts?, _ outcome: CentralSection.Outcome?) {
    guard options.printsJSON else { return }
    output(
      JSONWriter.text { json in
        json.object { json in
          json.member("enrolled", facts != nil)
          json.member("dry_run", options.isDryRun)
          json.member("gateway", ticket.gateway)
          json.member("site", ifPresent: ticket.site)
          json.member("url", ticket.url)
          json.member("ticket_expires", ticket.expires.iso8601)
          json.member("identity", directory.path)
          json.member("serial", ifPresent: facts?.serial)
          json.member("not_before", ifPresent: facts.map { Self.text($0.notBefore) })
          json.member("not_after", ifPresent: facts.map { Self.text($0.notAfter) })
          switch outcome {
          case .kept?: json.member("configuration", "kept")
          case .written?: json.member("configuration", "written")
          case .left?: json.member("configuration", "left")
          case nil: break
          }
          if let outcome { json.array("next") { json in for step in next(outcome) { json.string(step) } } }
        }
      })
  }

  func complain(_ failure: EnrolmentFailure) {
    guard options.printsJSON else {
      output("not enrolled: \(failure.error.message)")
      if !failure.error.nextStep.isEmpty { output("next: \(failure.error.nextStep)") }
      return
    }
    output(
      JSONWriter.text { json in
        json.object { json in
          json.member("enrolled", false)
          json.member("dry_run", options.isDryRun)
          json.member("error", failure.code)
          json.member("message", failure.error.message)
          json.array("next") { json in
            if !failure.error.nextStep.isEmpty { json.string(failure.error.nextStep) }
          }
        }
      })
  }
}

extension EnrolmentRun {
  /// The text of a ticket from standard input: to its end, or to the line `check:`, with which a pasted ticket ends.
  public static func readStandardInput() -> String {
    var text = ""
    while let line = readLine(strippingNewline: false), text.utf8.count <= Ticket.maximumBytes {
      text += line
      if line.drop(while: { $0 == " " }).lowercased().hasPrefix("check") { break }
    }
    return text
  }

  /// The text of a ticket's file; nil with errno set when it cannot be read.
  public static func readFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: Ticket.maximumBytes + 1)
    let count = read(descriptor, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
