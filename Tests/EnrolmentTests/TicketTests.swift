import Enrolment
import Telemetry
import Testing

@Suite("Tickets")
struct TicketTests {
  static let ticket = Ticket(
    gateway: "barn-7", site: "north farm", url: "https://central.example:8443",
    root: Digest(bytes: (0..<32).map { $0 * 7 }), secret: EnrolmentSecret(random: (0..<17).map { 200 - $0 * 11 }),
    expires: Timestamp(iso8601: "2026-12-03T10:00:00Z")!, updateRoot: Digest(bytes: (0..<32).map { 255 - $0 }))

  /// Computed by another program (Python's `binascii.crc_hqx`).
  static let frozen = """
    fieldgate ticket 1
    gateway: barn-7
    url: https://central.example:8443
    ca: sha256:00070e151c232a31383f464d545b626970777e858c939aa1a8afb6bdc4cbd2d9
    secret: s2yv-59ww-j637-pw35-b97m-8e9e-4c
    expires: 2026-12-03T10:00:00Z
    check: e10f

    """

  @Test("what is written is read again, with and without what may be left out")
  func roundTrip() throws {
    var ticket = Self.ticket
    #expect(try Ticket(ticket.text) == ticket)
    ticket.site = nil
    #expect(try Ticket(ticket.text) == ticket)
    ticket.updateRoot = nil
    #expect(try Ticket(ticket.text) == ticket)
    #expect(ticket.text.utf8.count < Ticket.maximumBytes)
  }

  @Test("the text is that of docs/identity.md, and stays so")
  func frozen() throws {
    var ticket = Self.ticket
    (ticket.site, ticket.updateRoot) = (nil, nil)
    #expect(ticket.text == Self.frozen)
  }

  @Test(
    "every single wrong, missing, additional or doubled character, and every swapped pair, is noticed or changes nothing"
  )
  func slips() {
    let letters = Array(Self.ticket.text)
    let replacements = (0x20...0x7e).map { Character(UnicodeScalar($0)) } + ["\n", "é", "\u{200b}"]
    var noticed = 0
    func judge(_ slip: [Character], _ what: String) {
      guard let read = try? Ticket(String(slip)) else {
        noticed += 1
        return
      }
      #expect(read == Self.ticket, "\(what) passed unseen")
    }
    for index in letters.indices {
      for replacement in replacements where replacement != letters[index] {
        var slip = letters
        slip[index] = replacement
        judge(slip, "'\(replacement)' at \(index)")
      }
      for addition in Array("\n :-0aZ") + [letters[index]] {
        var slip = letters
        slip.insert(addition, at: index)
        judge(slip, "'\(addition)' before \(index)")
      }
      var slip = letters
      slip.remove(at: index)
      judge(slip, "leaving out \(index)")
      guard index > 0 else { continue }
      slip = letters
      slip.swapAt(index - 1, index)
      judge(slip, "swapping \(index)")
    }
    #expect(noticed > 25_000)
  }

  @Test(
    "people's ways of writing do not matter",
    arguments: [
      {
        $0.uppercased().replacing("HTTPS://CENTRAL.EXAMPLE", with: "https://central.example")
          .replacing("BARN", with: "barn").replacing("NORTH FARM", with: "north farm")
      },
      { $0.replacing("\n", with: "\r\n\r\n") },
      { $0.replacing(": ", with: "   :") },
      { "\n\n  " + $0.replacing("\n", with: "  \n   ") },
      { $0.replacing("secret: ", with: "colour: green\nsecret: ") },
      { $0 + "\n\n" },
      { $0.replacing(":8443", with: ":8443/") },
      { $0.replacing("T10:00:00Z", with: "T12:00:00+02:00") },
    ] as [@Sendable (String) -> String])
  func lenient(_ change: @Sendable (String) -> String) throws {
    #expect(try Ticket(change(Self.ticket.text)) == Self.ticket)
  }

  @Test("a secret's letters that look alike are read as one")
  func lookAlikes() {
    let secret = EnrolmentSecret(random: Array(repeating: 0, count: 17))
    #expect(secret.text == "0000-0000-0000-0000-0000-0000-00")
    #expect(EnrolmentSecret("oOo0 0000 0000 0000 0000 0000 OO") == secret)
    #expect(EnrolmentSecret("iIlL-1111-1111-1111-1111-1111-11")?.letters == String(repeating: "1", count: 26))
    #expect(EnrolmentSecret("u000-0000-0000-0000-0000-0000-00") == nil)
    #expect(EnrolmentSecret("0000-0000-0000-0000-0000-0000-0") == nil)
    #expect("\(secret)" == "(secret)")
  }

  @Test("all 130 bits stand in the letters")
  func bits() {
    var seen: Set<String> = []
    for bit in 0..<136 {
      var random = [UInt8](repeating: 0, count: 17)
      random[bit / 8] = 0x80 >> UInt8(bit % 8)
      seen.insert(EnrolmentSecret(random: random).letters)
    }
    // The last six bits are not used: with all of them 0 it is the one of zero bits.
    #expect(seen.count == 131)
  }

  @Test(
    "what is wrong is said with its line",
    arguments: [
      ("", "the ticket: it is empty"),
      ("hello\n", "line 1 of the ticket: a ticket begins with"),
      ("fieldgate ticket 2\n", "line 1 of the ticket: this is a ticket of another version"),
      ("fieldgate ticket 1\ngateway barn\n", "line 2 of the ticket: 'gateway barn' has no colon"),
      ("fieldgate ticket 1\ngateway: a\nGateway: b\n", "line 3 of the ticket: 'gateway' stands a second time"),
      ("fieldgate ticket 1\n", "the ticket: there is no line 'gateway: …'"),
      ("fieldgate ticket 1\ngateway: a/b\n", "line 2 of the ticket: 'gateway' 'a/b' is mistyped"),
      ("fieldgate ticket 1\ngateway: a\nurl: http://x\n", "line 3 of the ticket: 'url' 'http://x' is mistyped"),
      (String(repeating: "x", count: 3_000), "the ticket: it has 3000 bytes"),
    ])
  func errors(_ text: String, _ message: String) {
    #expect { try Ticket(text) } throws: { "\($0)".hasPrefix(message) }
  }

  @Test("a mistyped secret is not repeated, and a slip is told from a ticket that was used")
  func messages() {
    let secret = Self.ticket.secret.text
    #expect { try Ticket(Self.ticket.text.replacing(secret, with: secret + "x")) } throws: {
      "\($0)".contains("'secret' is mistyped") && !"\($0)".contains(secret.prefix(9))
    }
    #expect { try Ticket(Self.ticket.text.replacing("barn-7", with: "barn-1")) } throws: {
      "\($0)".contains("check sum does not fit")
    }
  }

  @Test("random bytes are read without harm, and never as a ticket")
  func noise() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let count = Int.random(in: 0...300, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(throws: TicketError.self) { try Ticket("fieldgate ticket 1\n" + String(decoding: bytes, as: UTF8.self)) }
    }
  }

  @Test(
    "addresses",
    arguments: [
      ("https://central.example", true), ("https://central.example:8443", true), ("https://[::1]:8443", true),
      ("https://10.0.0.7:1", true), ("https://", false), ("https://a:0", false), ("https://a:65536", false),
      ("https://a:", false), ("https://a/b", false), ("http://a", false), ("https://u@a", false),
      ("https://[::1", false),
      ("https://a b", false), ("https://[]:1", false),
    ])
  func addresses(_ text: String, _ isGood: Bool) { #expect(Ticket.isURL(text) == isGood) }

  @Test("each refusal has a code, words and a next step of its own")
  func refusals() {
    #expect(Set(EnrolmentRefusal.allCases.map(\.message)).count == EnrolmentRefusal.allCases.count)
    #expect(Set(EnrolmentRefusal.allCases.map(\.nextStep)).count == EnrolmentRefusal.allCases.count)
    for refusal in EnrolmentRefusal.allCases {
      #expect(EnrolmentRefusal(rawValue: refusal.rawValue) == refusal)
      #expect(refusal.rawValue.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (0x61...0x7a).contains($0) })
      #expect((400..<500).contains(refusal.httpStatus))
    }
  }
}
