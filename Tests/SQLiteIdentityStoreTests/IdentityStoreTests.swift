import CentralCore
import Enrolment
import SQLite
import SQLiteIdentityStore
import Telemetry
import Testing

@Suite("The identity store")
struct IdentityStoreTests {
  private let scratch: IdentityScratch
  private let store: SQLiteIdentityStore

  init() throws {
    scratch = try IdentityScratch()
    store = try scratch.open()
  }

  private func audit() throws -> [String] { try store.auditLog(limit: 100).reversed().map(\.action) }

  @Test("A ticket is used once; the same key again gets the same certificate, another key is refused and reported")
  func ticketOnce() throws {
    _ = try scratch.ticket(store)
    let first = try scratch.enrol(store)
    #expect(try scratch.enrol(store) == first && first.serial == "1")
    #expect(try scratch.enrol(store, key: 101).refusal == .ticketUsed)
    #expect(try audit() == ["ticket-created", "enrolled", "ticket-reused"])
    #expect(try store.auditLog(limit: 1).first?.detail.contains("192.0.2.1") == true)
    scratch.now = scratch.now + .seconds(601)
    #expect(try scratch.enrol(store).refusal == .ticketUsed)
    #expect(try store.tickets().map { $0.state(now: scratch.now) } == ["used"])
  }

  @Test("A ticket is of no use for another name, when revoked or expired, and nothing is issued")
  func ticketOfNoUse() throws {
    let revoked = try scratch.ticket(store, secret: 1)
    _ = try scratch.ticket(store, secret: 2, seconds: 60)
    #expect(try scratch.enrol(store, "barn-8", secret: 1).refusal == .ticketUnknown)
    #expect(try scratch.enrol(store, secret: 1, requested: "barn-8").refusal == .nameMismatch)
    #expect(try store.revokeTicket(revoked.number, by: "anna", now: scratch.now))
    #expect(try !store.revokeTicket(revoked.number, by: "anna", now: scratch.now))
    #expect(try scratch.enrol(store, secret: 1).refusal == .ticketUnknown)
    scratch.now = scratch.now + .seconds(60)
    #expect(try scratch.enrol(store, secret: 2).refusal == .ticketExpired)
    #expect(try store.gateways().isEmpty)
  }

  @Test("A certificate that cannot be made leaves the ticket as it was")
  func failedMaking() throws {
    struct NoPower: Error {}
    _ = try scratch.ticket(store)
    #expect(throws: NoPower.self) {
      try store.enrol(
        "barn-7", digest: IdentityScratch.bytes(1), requested: nil, keyDigest: IdentityScratch.bytes(100), place: "x",
        now: scratch.now
      ) { throw NoPower() }
    }
    #expect(try scratch.enrol(store).serial != nil)
  }

  @Test("Enrolling anew closes what was issued before")
  func enrolAnew() throws {
    _ = try scratch.ticket(store, secret: 1)
    _ = try scratch.ticket(store, secret: 2)
    let old = try #require(try scratch.enrol(store, secret: 1).serial)
    let new = try #require(try scratch.enrol(store, secret: 2, key: 200).serial)
    #expect(try scratch.admit(store, old) == .refuse(.serialUnknown))
    #expect(try scratch.admit(store, new) == .taken)
    // The lost answer of the first ticket does not bring the closed one back.
    #expect(try scratch.enrol(store, secret: 1).refusal == .ticketUsed)
  }

  @Test("Renewal: the old one works until the new one is proven and confirmed; asking again is answered as before")
  func renewal() throws {
    _ = try scratch.ticket(store)
    let old = try #require(try scratch.enrol(store).serial)
    let next = try #require(try scratch.renew(store, serial: old, key: 200).serial)
    #expect(try scratch.renew(store, serial: old, key: 200).serial == next, "a lost answer")
    #expect(try scratch.admit(store, old) == .taken)
    #expect(try scratch.admit(store, next) == .promote)
    #expect(try scratch.admit(store, next) == .taken && scratch.admit(store, old) == .taken)
    try store.confirm(serial: next, of: "barn-7", now: scratch.now)
    try store.confirm(serial: next, of: "barn-7", now: scratch.now)
    #expect(try scratch.admit(store, old) == .refuse(.serialUnknown))
    #expect(try scratch.renew(store, serial: old, key: 300).refusal == .serialUnknown)
    #expect(try audit().suffix(3) == ["renewed", "certificate-proven", "previous-closed"])
  }

  @Test("Another key takes the place of a certificate that was never used")
  func replacedNext() throws {
    _ = try scratch.ticket(store)
    let old = try #require(try scratch.enrol(store).serial)
    let first = try #require(try scratch.renew(store, serial: old, key: 200).serial)
    let second = try #require(try scratch.renew(store, serial: old, key: 201).serial)
    #expect(try scratch.admit(store, first) == .refuse(.serialUnknown))
    #expect(try scratch.admit(store, second) == .promote)
  }

  @Test("A confirmation with the old certificate closes nothing")
  func earlyConfirmation() throws {
    _ = try scratch.ticket(store)
    let old = try #require(try scratch.enrol(store).serial)
    let next = try #require(try scratch.renew(store, serial: old, key: 200).serial)
    try store.confirm(serial: old, of: "barn-7", now: scratch.now)
    #expect(try scratch.admit(store, next) == .promote)
    try store.confirm(serial: old, of: "barn-7", now: scratch.now)
    #expect(try scratch.admit(store, old) == .taken, "it is the previous one, and only the current one confirms")
  }

  @Test("Denied, allowed, retired: seen at once by another connection, with who and why in the audit log")
  func standings() throws {
    _ = try scratch.ticket(store)
    let serial = try #require(try scratch.enrol(store).serial)
    let command = try scratch.open()
    func change(_ standing: GatewayStanding) throws -> SQLiteIdentityStore.Change {
      try command.change(standing, of: "barn-7", by: "anna", reason: "stolen", now: scratch.now)
    }
    #expect(try change(.denied) == .changed(from: .allowed))
    #expect(try change(.denied) == .already)
    #expect(try scratch.admit(store, serial) == .refuse(.gatewayDenied))
    #expect(throws: IdentityStoreError.self) { try scratch.ticket(store, secret: 2) }
    #expect(try change(.allowed) == .changed(from: .denied))
    #expect(try scratch.admit(store, serial) == .taken)
    _ = try scratch.ticket(store, secret: 3)
    #expect(try change(.retired) == .changed(from: .allowed))
    #expect(try scratch.admit(store, serial) == .refuse(.gatewayRetired))
    #expect(try change(.allowed) == .changed(from: .retired))
    #expect(try scratch.admit(store, serial) == .refuse(.serialUnknown), "retiring closes certificates for good")
    #expect(try scratch.enrol(store, secret: 3).refusal == .ticketUnknown, "and revokes open tickets")
    #expect(
      try command.change(.denied, of: "barn-9", by: "anna", reason: "", now: scratch.now) == .unknownGateway)
    let entry = try store.auditLog(subject: "barn-7", limit: 100).first { $0.action == "gateway-denied" }
    #expect(entry?.who == "anna" && entry?.detail == "stolen")
  }

  @Test("Late renewal is taken while the gateway's site allows it, and is shown")
  func lateRenewal() throws {
    _ = try scratch.ticket(store, site: "North farm")
    let serial = try #require(try scratch.enrol(store).serial)
    #expect(try scratch.renew(store, serial: serial, key: 200, isLate: true).refusal == .serialUnknown)
    try store.allowLateRenewal(site: "North farm", until: scratch.now + .seconds(60), by: "anna", now: scratch.now)
    #expect(try scratch.renew(store, serial: serial, key: 200, isLate: true).serial != nil)
    #expect(try store.gateway("barn-7")?.renewedLate == scratch.now)
    scratch.now = scratch.now + .seconds(60)
    #expect(try scratch.renew(store, serial: serial, key: 201, isLate: true).refusal == .serialUnknown)
    #expect(try store.lateRenewals().map(\.site) == ["North farm"])
  }

  @Test("A serial that another name shows is refused")
  func serialOfAnother() throws {
    _ = try scratch.ticket(store)
    let serial = try #require(try scratch.enrol(store).serial)
    #expect(try scratch.admit(store, serial, "barn-8") == .refuse(.serialUnknown))
  }

  @Test("The audit log takes neither changes nor deletions, from whatever program")
  func auditLog() throws {
    _ = try scratch.ticket(store)
    let other = try SQLiteConnection(path: scratch.directory + "/identity.sqlite", mode: .readWrite)
    for sql in ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit"] {
      let error = #expect(throws: SQLiteError.self) { try other.execute(sql) }
      #expect(error?.message.contains("only added to") == true)
    }
    #expect(try audit() == ["ticket-created"])
  }

  @Test("Open tickets of one gateway are limited, and the error says what to do")
  func ticketLimit() throws {
    for secret in 0..<SQLiteIdentityStore.maximumOpenTickets { _ = try scratch.ticket(store, secret: secret) }
    let error = #expect(throws: IdentityStoreError.self) { try scratch.ticket(store, secret: 99) }
    #expect(error?.description.contains("revoke some") == true)
  }

  @Test("Names that look like SQL are names")
  func metacharacters() throws {
    let name = "x'; DROP TABLE gateways; --"
    #expect(try scratch.enrol(store, name).refusal == .ticketUnknown)
    #expect(try store.gateway(name) == nil)
    #expect(try store.auditLog(subject: name, limit: 5).isEmpty)
    try store.allowLateRenewal(site: name, until: scratch.now + .seconds(1), by: name, now: scratch.now)
    #expect(try store.lateRenewals().map(\.site) == [name] && store.auditLog(limit: 1).first?.who == name)
  }

  @Test("A store of a newer format is left alone")
  func newerFormat() throws {
    let other = try SQLiteConnection(path: scratch.directory + "/identity.sqlite", mode: .readWrite)
    try other.setUserVersion(99)
    let error = #expect(throws: IdentityStoreError.self) { try scratch.open() }
    #expect(error?.description.contains("update fieldgate-central") == true)
  }
}
