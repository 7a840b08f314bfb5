import CentralCore
import SQLiteIdentityStore
import Telemetry
import Testing

@Suite("Operators in the identity store")
struct OperatorStoreTests {
  private let scratch: IdentityScratch
  private let store: SQLiteIdentityStore

  init() throws {
    scratch = try IdentityScratch()
    store = try scratch.open()
  }

  private func add(_ name: String, _ role: OperatorRole, password: String? = nil) throws -> Bool {
    try store.addOperator(name, role: role, password: password, by: "root@server", now: scratch.now)
  }

  private func whose(_ token: Int) throws -> String? {
    try store.operatorOfToken(digest: IdentityScratch.bytes(token), now: scratch.now).map { "\($0.name) \($0.role)" }
  }

  @Test("Accounts: made once, roles and passwords changed, removed with their tokens")
  func accounts() throws {
    #expect(try add("anna", .administrator) && !add("anna", .viewer))
    #expect(try add("ben", .viewer, password: "hash"))
    #expect(
      try store.operators().map { "\($0.name) \($0.role) \($0.hasPassword)" } == [
        "anna administrator false", "ben viewer true",
      ])
    #expect(try store.password(of: "ben")?.hash == "hash" && store.password(of: "anna") == nil)
    #expect(try store.setRole(.operator, of: "ben", by: "anna", now: scratch.now) == .done)
    #expect(try store.setPassword(nil, of: "ben", by: "anna", now: scratch.now))
    #expect(try store.password(of: "ben") == nil)
    _ = try store.addToken(
      of: "ben", label: "report", digest: IdentityScratch.bytes(1), expires: nil, by: "anna", now: scratch.now)
    #expect(try whose(1) == "ben operator")
    #expect(try store.removeOperator("ben", by: "anna", now: scratch.now) == .done)
    #expect(try whose(1) == nil && store.tokens().isEmpty)
    #expect(
      try store.auditLog(subject: "ben", limit: 10).reversed().map(\.action) == [
        "operator-added", "operator-role", "password-removed", "token-created", "operator-removed",
      ])
  }

  @Test("The last administrator stays one, but for whoever may take the last")
  func lastAdministrator() throws {
    #expect(try add("anna", .administrator) && add("ben", .operator))
    #expect(try store.removeOperator("anna", by: "anna", now: scratch.now) == .isLastAdministrator)
    #expect(try store.setRole(.viewer, of: "anna", by: "anna", now: scratch.now) == .isLastAdministrator)
    #expect(try store.setRole(.viewer, of: "nobody", by: "anna", now: scratch.now) == .unknownOperator)
    #expect(try store.removeOperator("nobody", by: "anna", now: scratch.now) == .unknownOperator)
    #expect(try store.setRole(.administrator, of: "ben", by: "anna", now: scratch.now) == .done)
    #expect(try store.removeOperator("anna", by: "ben", now: scratch.now) == .done)
    #expect(try store.setRole(.viewer, of: "ben", takesLast: true, by: "root", now: scratch.now) == .done)
    #expect(try store.setRole(.administrator, of: "ben", by: "root", now: scratch.now) == .done)
    #expect(try store.removeOperator("ben", takesLast: true, by: "root", now: scratch.now) == .done)
  }

  @Test("Tokens end when they expire or are revoked, and are limited")
  func tokens() throws {
    _ = try add("anna", .viewer)
    func token(_ number: Int, seconds: Int64?) throws -> TokenRecord {
      try store.addToken(
        of: "anna", label: "x", digest: IdentityScratch.bytes(number),
        expires: seconds.map { scratch.now + .seconds($0) },
        by: "anna", now: scratch.now)
    }
    let lasting = try token(1, seconds: nil)
    _ = try token(2, seconds: 60)
    #expect(try whose(2) == "anna viewer" && whose(3) == nil)
    scratch.now = scratch.now + .seconds(60)
    #expect(try whose(2) == nil && whose(1) == "anna viewer")
    #expect(try !store.revokeToken(lasting.number, owner: "ben", by: "ben", now: scratch.now), "somebody else's")
    #expect(try store.revokeToken(lasting.number, owner: "anna", by: "anna", now: scratch.now))
    #expect(try whose(1) == nil)
    #expect(throws: IdentityStoreError.self) {
      try store.addToken(
        of: "nobody", label: "x", digest: IdentityScratch.bytes(9), expires: nil, by: "anna", now: scratch.now)
    }
    for number in 10..<(10 + SQLiteIdentityStore.maximumTokens) { _ = try token(number, seconds: nil) }
    #expect(throws: IdentityStoreError.self) { try token(99, seconds: nil) }
  }

  @Test("Roles include the ones before them")
  func roles() {
    #expect(OperatorRole.viewer < .operator && .operator < .administrator && OperatorRole.administrator >= .viewer)
  }
}
