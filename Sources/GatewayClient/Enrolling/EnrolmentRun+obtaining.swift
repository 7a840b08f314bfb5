import Enrolment
import GatewayIdentity
import PKI

/// The steps that change something: key, certificate, proof, swap. With the rights of the directory's owner.
extension EnrolmentRun {
  func obtain(_ ticket: Ticket, _ root: Certificate, _ client: ESTClient) throws -> CertificateFacts {
    try directory.prepare()
    let lock = try IdentityLock(directory)
    defer { withExtendedLifetime(lock) {} }
    let number = try enrolled(ticket, root, client)
    let facts = directory.slot(number).certificate
    guard let facts else {
      throw EnrolmentFailure(IdentityError("the files in \(directory.path)/\(number) are damaged", next: "try again"))
    }
    try directory.swap(to: number)
    // Central closed all earlier certificates with the ticket.
    for slot in directory.slots() where slot.number != number { directory.remove(slot.number) }
    return facts
  }

  /// The number of a directory whose certificate central accepts.
  private func enrolled(_ ticket: Ticket, _ root: Certificate, _ client: ESTClient) throws -> Int {
    let current = directory.currentNumber ?? 0
    var number = directory.slots().last { $0.number > current && $0.hasKey }
    if let pending = number, pending.certificate != nil {
      say("certificate: an interrupted try left one")
      if isOf(ticket, pending) {
        do throws(ESTFailure) {
          try client.prove(directory.files(pending.number))
          return pending.number
        } catch {
          guard case .refused = error else { throw EnrolmentFailure(error, url: ticket.url) }
        }
      }
      directory.remove(pending.number)
      number = nil
    }
    let slot = try number?.number ?? directory.makeSlot(isOfEnrolment: true)
    say(number == nil ? "key: made on this box, which it never leaves" : "key: the one of an interrupted try")
    try directory.write(authority: root.pem, certificate: nil, to: slot)
    try ask(ticket, root, client, slot)
    do throws(ESTFailure) {
      try client.prove(directory.files(slot))
    } catch {
      throw EnrolmentFailure(error, url: ticket.url)
    }
    say("proof: central accepts it")
    return slot
  }

  private func isOf(_ ticket: Ticket, _ slot: IdentityDirectory.Slot) -> Bool {
    let root = try? CertificateBundle(pemFile: directory.files(slot.number).authority).certificates.first
    return slot.certificate?.commonName == ticket.gateway && root?.sha256 == ticket.root.bytes
  }

  private func ask(_ ticket: Ticket, _ root: Certificate, _ client: ESTClient, _ slot: Int) throws {
    let files = directory.files(slot)
    let key = try PrivateKey(pemFile: files.key)
    let answer: [UInt8]
    let authorities: [UInt8]
    do throws(ESTFailure) {
      answer = try client.enrol(
        name: ticket.gateway, secret: ticket.secret,
        certificateRequest: try Self.request(key, ticket.gateway), authority: files.authority)
      authorities = try client.authorities().text
    } catch {
      // With this ticket the key is of no use any more; an answer that was lost may still be asked for again.
      if case .refused(let refusal, _) = error, !refusal.isPassing { directory.remove(slot) }
      throw refusal(error, ticket, client)
    }
    let accepted = try EnrolmentAnswer(
      answer, authorities: authorities, key: key, root: root, name: ticket.gateway, now: now)
    try directory.write(authority: root.pem, certificate: accepted.chain, to: slot)
    say("certificate: \(accepted.facts.serial), until \(Self.text(accepted.facts.notAfter))")
  }

  private static func request(_ key: PrivateKey, _ name: String) throws(ESTFailure) -> [UInt8] {
    do throws(CertificateError) {
      return try key.certificateRequest(commonName: name)
    } catch {
      throw .unusable("no request could be made: \(error)")
    }
  }

  /// A ticket that was used may have been used by this very gateway, which is then as it should be.
  private func refusal(_ failure: ESTFailure, _ ticket: Ticket, _ client: ESTClient) -> EnrolmentFailure {
    var result = EnrolmentFailure(failure, url: ticket.url)
    guard case .refused(.ticketUsed, _) = failure, let number = directory.currentNumber,
      isOf(ticket, directory.slot(number)), (try? client.prove(directory.files(number))) != nil
    else { return result }
    result.error.message += "; this gateway is enrolled already, and central accepts its certificate"
    result.error.nextStep = "nothing is to be done; see: fieldgate status"
    return result
  }
}
