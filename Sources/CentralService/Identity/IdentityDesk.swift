import CentralCore
import CertificateAuthority
import Enrolment
import Logging
import PKI
import PasswordHash
import SQLiteIdentityStore
import Synchronization
import Telemetry
import Threads

/// Asks the identity store and the certificate authority, on a thread of their own, for the tasks of the server.
final class IdentityDesk: Sendable {
  /// What lives on the thread.
  struct Means {
    let store: SQLiteIdentityStore
    let authority: CertificateAuthority
  }

  private typealias Job = @Sendable (Means?) -> Void

  /// Requests that wait for the thread. Each is answered within a fraction of a millisecond, or some milliseconds where
  /// something is written.
  static let waiting = 1_024
  /// Passwords that wait to be compared, one after the other: each takes a tenth of a second and 64 MiB.
  static let passwordsWaiting = 8

  struct Busy: Error {}

  /// Of a password that nobody knows.
  static let nobodysHash =
    (try? PasswordHash.make("nobody's password", salt: RandomBytes.make(PasswordHash.saltBytes))) ?? ""

  private let jobs = Mailbox<Job?>(capacity: waiting)
  private let passwords = Mailbox<(@Sendable () -> Void)?>(capacity: passwordsWaiting)
  private let threads = Mutex<[NamedThread]>([])
  /// By address: tickets and tokens that were wrong.
  let strangers = Mutex(AttemptLimit(failures: 20, window: .seconds(60)))
  /// By operator's name: passwords that were wrong.
  let guesses = Mutex(AttemptLimit(failures: 5, window: .seconds(300)))
  /// Root and issuing certificates, DER.
  let authorities: [[UInt8]]
  /// EST's answer to `cacerts`.
  let authoritiesText: [UInt8]
  /// How long gateways' certificates live, in seconds.
  let certificateSeconds: Int64

  /// - Throws: when the authority or the store cannot be opened.
  init(data: String, certificateSeconds: Int64) throws {
    self.certificateSeconds = certificateSeconds
    let directory = AuthorityDirectory(data: data)
    let authority = try directory.open()
    authorities = [authority.root.der, authority.issuing.der]
    authoritiesText = try authority.authorities()
    // Opened here to learn that it can be; the thread opens its own.
    try SQLiteIdentityStore(directory: data).close()
    let jobs = jobs
    let passwords = passwords
    let identity = NamedThread("identity") {
      let means = Self.means(data)
      while true {
        for job in jobs.receive(timeout: nil) {
          guard let job else { return }
          job(means)
        }
      }
    }
    let comparing = NamedThread("passwords") {
      while true {
        for job in passwords.receive(timeout: nil) {
          guard let job else { return }
          job()
        }
      }
    }
    threads.withLock { $0 = [identity, comparing] }
  }

  /// Nil, and in the log why, when store or authority were there a moment ago and cannot be opened now: every request is
  /// then answered with 503, and gateways keep what they have.
  private static func means(_ data: String) -> Means? {
    do {
      return Means(
        store: try SQLiteIdentityStore(directory: data), authority: try AuthorityDirectory(data: data).open())
    } catch {
      Logger(label: "fieldgate-central").critical("\(error)")
      return nil
    }
  }

  func stop() {
    jobs.send(nil, always: true)
    passwords.send(nil, always: true)
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  /// - Throws: ``Busy``, or what `body` throws.
  func run<Result: Sendable>(_ body: @escaping @Sendable (Means) throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let isTaken = jobs.send { means in
        guard let means else {
          return continuation.resume(throwing: IdentityStoreError("the identity store cannot be opened; see the log"))
        }
        continuation.resume(with: Swift.Result { try body(means) })
      }
      if !isTaken { continuation.resume(throwing: Busy()) }
    }
  }

  /// Whether a password fits; nil when too many wait.
  func fits(_ password: String, _ hash: String) async -> Bool? {
    await withCheckedContinuation { continuation in
      let isTaken = passwords.send { continuation.resume(returning: PasswordHash.fits(password, hash)) }
      if !isTaken { continuation.resume(returning: nil) }
    }
  }

  /// The hash under which a ticket's secret is known: bound to the gateway's name.
  static func ticketDigest(gateway: String, secret: EnrolmentSecret) -> [UInt8] {
    SHA256.digest(Array("fieldgate ticket \(gateway) \(secret.letters)".utf8))
  }

  /// The hash under which an operator's token is known.
  static func tokenDigest(_ token: String) -> [UInt8] { SHA256.digest(Array("fieldgate token \(token)".utf8)) }
}
