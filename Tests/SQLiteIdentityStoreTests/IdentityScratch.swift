import CentralCore
import Enrolment
import Foundation
import SQLiteIdentityStore
import Telemetry
import Testing

/// An identity store in a directory of its own, with a clock that the test sets.
final class IdentityScratch {
  let directory: String
  var now = Timestamp(milliseconds: 1_800_000_000_000)
  private var lastSerial = 0

  init() throws {
    directory = NSTemporaryDirectory() + "fieldgate-identity-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func open() throws -> SQLiteIdentityStore { try SQLiteIdentityStore(directory: directory) }

  static func bytes(_ number: Int) -> [UInt8] {
    (0..<32).map { UInt8(truncatingIfNeeded: number >> ($0 % 8 * 8)) }
  }

  func ticket(
    _ store: SQLiteIdentityStore, _ gateway: String = "barn-7", secret: Int = 1, site: String? = nil,
    seconds: Int64 = 3_600
  ) throws -> TicketRecord {
    try store.addTicket(
      gateway: gateway, site: site, digest: Self.bytes(secret), expires: now + .seconds(seconds), by: "anna", now: now)
  }

  func made(seconds: Int64 = 86_400) -> NewCertificate {
    lastSerial += 1
    return NewCertificate(
      serial: String(lastSerial, radix: 16), notBefore: now.milliseconds / 1_000,
      notAfter: now.milliseconds / 1_000 + seconds, der: [UInt8](String(lastSerial, radix: 16).utf8))
  }

  func enrol(
    _ store: SQLiteIdentityStore, _ gateway: String = "barn-7", secret: Int = 1, key: Int = 100,
    requested: String? = nil
  ) throws -> IssueOutcome {
    try store.enrol(
      gateway, digest: Self.bytes(secret), requested: requested, keyDigest: Self.bytes(key), place: "192.0.2.1",
      now: now
    ) { made() }
  }

  func renew(
    _ store: SQLiteIdentityStore, _ gateway: String = "barn-7", serial: String, key: Int, isLate: Bool = false
  ) throws -> IssueOutcome {
    try store.renew(
      gateway, serial: serial, requested: nil, keyDigest: Self.bytes(key), isLate: isLate, place: "192.0.2.1", now: now
    ) { made() }
  }

  func admit(_ store: SQLiteIdentityStore, _ serial: String, _ gateway: String = "barn-7") throws -> Admission {
    try store.admit(serial: serial, of: gateway, now: now)
  }
}

extension IssueOutcome {
  /// The tests' certificates hold their serial.
  var serial: String? {
    if case .certificate(let der) = self { String(decoding: der, as: UTF8.self) } else { nil }
  }

  var refusal: EnrolmentRefusal? {
    if case .refused(let refusal) = self { refusal } else { nil }
  }
}
