import Enrolment
import GatewayCore
import GatewayIdentity
import HTTPClient
import Logging
import PKI
import Telemetry
import Threads

/// The identity directory of one configuration, and what is done in it. Used by one thread at a time.
final class IdentityWorker {
  private let directory: IdentityDirectory
  var client: ESTClient
  /// Where a certificate that has ended may be renewed.
  private let lateURL: String
  private let gateway: String
  private var machine = RenewalMachine()
  private var view: IdentityView
  /// While the directory is the same, keys and certificates are not read again.
  private var stamp: FileStamp?
  private(set) var report: RenewalReport

  init(directory: IdentityDirectory, client: ESTClient, lateURL: String, gateway: String) {
    self.directory = directory
    self.client = client
    self.lateURL = lateURL
    self.gateway = gateway
    view = IdentityView(directory)
    stamp = FileStamp(path: directory.path)
    report = machine.report(view, wall: Self.wall)
  }

  private static let handover = Duration.seconds(2)

  private static var wall: Int64 { SystemClock.wall().milliseconds / 1_000 }

  /// - Returns: how long to wait for the next turn.
  func turn(_ log: Logger, _ onChange: () -> Void) -> Duration {
    look(onChange)
    defer { report = machine.report(view, wall: Self.wall) }
    switch machine.next(view, wall: Self.wall, now: SystemClock.monotonic()) {
    case .wait(let until): return max(.milliseconds(10), until - SystemClock.monotonic())
    case .perform(let step):
      // Nobody else may change the directory meanwhile; whoever does is done in a minute.
      guard let lock = try? IdentityLock(directory) else { return RenewalMachine.lookInterval }
      perform(step, log)
      withExtendedLifetime(lock) {}
      stamp = nil
      look(onChange)
      // The sender takes the new files meanwhile: after the next step central would refuse it with the old ones.
      if case .swap = step { return Self.handover }
      return .zero
    }
  }

  private func look(_ onChange: () -> Void) {
    let newest = FileStamp(path: directory.path)
    guard newest != stamp || newest == nil else { return }
    stamp = newest
    let before = view.current
    view = IdentityView(directory)
    if view.current != before { onChange() }
  }

  private func perform(_ step: RenewalMachine.Step, _ log: Logger) {
    let before = machine.problem
    do throws(StepFailure) {
      try carryOut(step)
      machine.succeeded(step)
      tell(step, log)
    } catch {
      machine.failed(
        step, error.failure, view, now: SystemClock.monotonic(), jitter: Double.random(in: 0..<1))
      // The same words again and again would say nothing new.
      if machine.problem != before { log.warning("renewal of the certificate: \(machine.problem ?? "")") }
    }
  }

  private func tell(_ step: RenewalMachine.Step, _ log: Logger) {
    switch step {
    case .makeKey: log.info("the certificate is being renewed: a new key is made")
    case .swap(let number):
      let end = directory.slot(number).certificate.map { Timestamp(milliseconds: $0.notAfter * 1_000).iso8601 } ?? "?"
      log.notice("the certificate was renewed; the new one is good until \(end)")
    default: break
    }
  }

  private struct StepFailure: Error { var failure: RenewalMachine.Failure }

  private func carryOut(_ step: RenewalMachine.Step) throws(StepFailure) {
    do {
      switch step {
      case .makeKey: _ = try directory.makeSlot()
      case .request(let number): try request(number)
      case .tryOut(let number): try client.prove(directory.files(number))
      case .swap(let number): try directory.swap(to: number)
      case .confirm(let number): try client.confirm(directory.files(number))
      case .remove(let number): directory.remove(number)
      }
    } catch let failure as ESTFailure {
      throw StepFailure(failure: judge(failure, step))
    } catch {
      throw StepFailure(failure: .passing("\(error)", after: nil))
    }
  }

  private func judge(_ failure: ESTFailure, _ step: RenewalMachine.Step) -> RenewalMachine.Failure {
    if case .request = step, hasEnded {
      return .passing(
        "the certificate has ended, and it is not renewed late at \(lateURL): \(failure.error(lateURL).message). Next: ask "
          + "central's operator to open late renewal for this gateway's site, or for a ticket: sudo fieldgate enroll TICKET",
        after: nil)
    }
    let text = failure.error(client.url).description
    switch failure {
    case .refused(.serialUnknown, _): return .rejected(text)
    case .refused(_, let seconds): return .passing(text, after: seconds.map { .seconds($0) })
    case .network(let trouble) where trouble.kind == .ownCertificateRefused: return .rejected(text)
    default: return .passing(text, after: nil)
    }
  }

  /// Central's usual listener ends the connection of such a certificate.
  private var hasEnded: Bool { view.certificate.map { Self.wall >= $0.notAfter } ?? false }

  private func request(_ number: Int) throws {
    guard let current = directory.currentNumber else { return }
    let own = directory.files(current)
    let root = try CertificateBundle(pemFile: own.authority).certificates[0]
    let key = try PrivateKey(pemFile: directory.files(number).key)
    let name = directory.slot(current).certificate?.commonName ?? gateway
    var renewer = client
    if hasEnded { renewer.url = lateURL }
    let text = try renewer.renew(certificateRequest: try key.certificateRequest(commonName: name), files: own)
    let answer = try EnrolmentAnswer(
      text, authorities: try client.authorities().text, key: key, root: root, name: name, now: Self.wall)
    try directory.write(authority: root.pem, certificate: answer.chain, to: number)
  }
}

extension IdentityView {
  /// As it stands on the disk.
  init(_ directory: IdentityDirectory) {
    let current = directory.currentNumber
    // A key for a ticket is no renewal under way; with its certificate it is one that can be gone on with.
    let slots = directory.slots().filter { slot in
      !(slot.isOfEnrolment && slot.certificate == nil && slot.number > current ?? 0)
    }
    self.init(
      current: current,
      slots: slots.map { slot in
        Slot(
          number: slot.number, hasKey: slot.hasKey,
          certificate: slot.certificate.map {
            Certificate(serial: $0.serial, notBefore: $0.notBefore, notAfter: $0.notAfter)
          })
      })
  }
}
