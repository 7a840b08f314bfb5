import CentralCore
import Enrolment
import Telemetry
import Testing

@Suite("Who may come in")
struct IdentityDecisionTests {
  private static let key = [UInt8](repeating: 1, count: 32)
  private static let otherKey = [UInt8](repeating: 2, count: 32)
  private static let day: Int64 = 86_400_000

  private static func ticket(used: Int64? = nil, revoked: Bool = false) -> TicketRecord {
    TicketRecord(
      number: 1, gateway: "barn-7", site: nil, created: Timestamp(milliseconds: 0), createdBy: "anna",
      expires: Timestamp(milliseconds: day), used: used.map { Timestamp(milliseconds: $0) },
      keyDigest: used == nil ? nil : key, serial: used == nil ? nil : "0a",
      revoked: revoked ? Timestamp(milliseconds: 5) : nil)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var what: String
    var ticket: TicketRecord?
    var standing: GatewayStanding?
    var requested: String? = "barn-7"
    var key = IdentityDecisionTests.key
    var now: Int64
    var expected: TicketDecision
    var testDescription: String { what }
  }

  static let cases = [
    Case(what: "a fresh one", ticket: ticket(), now: 1_000, expected: .issue),
    Case(what: "without a name in the request", ticket: ticket(), requested: nil, now: 1_000, expected: .issue),
    Case(what: "of a known gateway", ticket: ticket(), standing: .allowed, now: 1_000, expected: .issue),
    Case(what: "unknown", now: 1_000, expected: .refuse(.ticketUnknown, isSuspicious: false)),
    Case(
      what: "revoked", ticket: ticket(revoked: true), now: 1_000, expected: .refuse(.ticketUnknown, isSuspicious: false)
    ),
    Case(what: "the last moment", ticket: ticket(), now: day - 1, expected: .issue),
    Case(what: "expired", ticket: ticket(), now: day, expected: .refuse(.ticketExpired, isSuspicious: false)),
    Case(
      what: "denied", ticket: ticket(), standing: .denied, now: 1_000,
      expected: .refuse(.gatewayDenied, isSuspicious: false)),
    Case(
      what: "retired", ticket: ticket(), standing: .retired, now: 1_000,
      expected: .refuse(.gatewayRetired, isSuspicious: false)),
    Case(
      what: "another name", ticket: ticket(), requested: "barn-8", now: 1_000,
      expected: .refuse(.nameMismatch, isSuspicious: false)),
    Case(what: "the same key again", ticket: ticket(used: 1_000), now: 2_000, expected: .again(serial: "0a")),
    Case(
      what: "the same key, although it has expired meanwhile", ticket: ticket(used: day - 1_000), now: day + 1_000,
      expected: .again(serial: "0a")),
    Case(
      what: "the same key, by a clock that was set back", ticket: ticket(used: 500_000), now: 1_000,
      expected: .again(serial: "0a")),
    Case(
      what: "the same key, ten minutes later", ticket: ticket(used: 1_000), now: 601_000,
      expected: .refuse(.ticketUsed, isSuspicious: false)),
    Case(
      what: "another key", ticket: ticket(used: 1_000), key: otherKey, now: 2_000,
      expected: .refuse(.ticketUsed, isSuspicious: true)),
    Case(
      what: "another key when the gateway is denied", ticket: ticket(used: 1_000), standing: .denied, key: otherKey,
      now: 2_000, expected: .refuse(.gatewayDenied, isSuspicious: false)),
  ]

  @Test("Tickets", arguments: cases)
  func tickets(_ one: Case) {
    let decision = TicketDecision(
      ticket: one.ticket, standing: one.standing, name: "barn-7", requested: one.requested, keyDigest: one.key,
      now: Timestamp(milliseconds: one.now))
    #expect(decision == one.expected)
  }

  @Test("Certificates: every pair of standings")
  func admissions() {
    for certificate in [nil] + CertificateStanding.allCases.map(Optional.some) {
      for gateway in [nil] + GatewayStanding.allCases.map(Optional.some) {
        let expected: Admission =
          switch (certificate, gateway) {
          case (_, .denied): .refuse(.gatewayDenied)
          case (_, .retired): .refuse(.gatewayRetired)
          case (.current, .allowed), (.previous, .allowed): .taken
          case (.next, .allowed): .promote
          default: .refuse(.serialUnknown)
          }
        #expect(Admission(certificate: certificate, standing: gateway) == expected)
      }
    }
  }

  @Test("Attempts: so many failures within the time, then a wait that ends; a success forgets them")
  func attempts() {
    var limit = AttemptLimit(failures: 3, window: .seconds(60))
    let start = MonotonicTime(nanoseconds: 0)
    for second in 0..<3 {
      #expect(limit.wait("a", now: start + .seconds(second)) == nil)
      limit.failed("a", now: start + .seconds(second))
    }
    #expect(limit.wait("a", now: start + .seconds(3)) == 58)
    #expect(limit.wait("b", now: start + .seconds(3)) == nil)
    #expect(limit.wait("a", now: start + .seconds(60)) == nil)
    for _ in 0..<2 { limit.failed("a", now: start + .seconds(61)) }
    #expect(limit.wait("a", now: start + .milliseconds(61_500)) == 1)
    limit.succeeded("a")
    #expect(limit.wait("a", now: start + .seconds(62)) == nil)
  }

  @Test("Attempts of many names stay bounded, and whoever is waiting goes on waiting where there is room")
  func manyNames() {
    var limit = AttemptLimit(failures: 1, window: .seconds(60))
    let now = MonotonicTime(nanoseconds: 0)
    for name in 0..<(AttemptLimit.maximumNames - 1) { limit.failed("old \(name)", now: now) }
    limit.failed("kept", now: now + .seconds(50))
    limit.failed("new", now: now + .seconds(70))
    #expect(limit.wait("kept", now: now + .seconds(71)) != nil)
    #expect(limit.wait("new", now: now + .seconds(71)) != nil)
    #expect(limit.wait("old 1", now: now + .seconds(71)) == nil)
  }

  private static func span(_ number: UInt8, _ first: Int64, _ last: Int64) -> EpochSpan {
    EpochSpan(
      epoch: Epoch(high: 0, low: UInt64(number)), first: Timestamp(milliseconds: first * 1_000),
      last: Timestamp(milliseconds: last * 1_000))
  }

  @Test("Stores that follow one another are no copies; stores that measured for a minute together are")
  func copies() {
    #expect(StoreCopies.find([Self.span(1, 0, 100), Self.span(2, 100, 200), Self.span(3, 230, 300)]).isEmpty)
    #expect(StoreCopies.find([Self.span(1, 0, 100), Self.span(2, 41, 200)]).isEmpty, "59 s: a clock that was set")
    let found = StoreCopies.find([Self.span(2, 40, 500), Self.span(1, 0, 100), Self.span(3, 450, 900)])
    #expect(found.map { [$0.first, $0.second] } == [[Self.span(1, 0, 100), Self.span(2, 40, 500)]])
    #expect(found.first?.from.milliseconds == 40_000 && found.first?.to.milliseconds == 100_000)
  }
}
