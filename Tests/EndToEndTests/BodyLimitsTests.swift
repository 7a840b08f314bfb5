import FieldgateTestKit
import Foundation
import Testing

/// Memory and time of the bodies of requests, whoever sends them; other limits are in ``CentralLimitsTests``.
@Suite("What bodies may take at central", .inASiteSlot)
struct BodyLimitsTests {
  private struct Flood: Decodable {
    var own: Site.OddAnswer
    var other: Site.OddAnswer
    var after: Site.OddAnswer
    var grown: Int
    var refused: Int
  }

  @Test("Bodies that are held back take 256 MiB together; the next request gets 503, and when they end all is well")
  func bodies() async throws {
    let site = try Site()
    try site.certify("one", "two", "three", "four")
    try await site.startCentral()
    let batch = try site.alarmBatch("batch")
    let found = try site.odd("flood", batch, "site", "one", "two", "three", "four", as: Flood.self)
    for answer in [found.own, found.other] {
      #expect(answer.status == 503)
      #expect(answer.retryAfter == 5)
      #expect(answer.text.contains("\"error\":\"busy\""))
    }
    #expect(found.refused == 2)
    // 256 MiB, and what 64 connections and the debug build take besides.
    #expect(found.grown < 448 << 10, "central grew by \(found.grown) kB")
    #expect(found.after.status == 200, "\(found.after.text)")
    #expect(found.after.text.contains("\"position\":1"))
  }

  private struct Share: Decodable {
    var own: Site.OddAnswer
    var other: Site.OddAnswer
    var after: Site.OddAnswer
  }

  @Test("One gateway's bodies take 64 MiB together; others are served beside it")
  func share() async throws {
    let site = try Site()
    try site.certify("greedy")
    try await site.startCentral()
    let found = try site.odd("greed", try site.alarmBatch("batch"), "site", "greedy", as: Share.self)
    #expect(found.own.status == 503)
    #expect(found.other.status == 200, "\(found.other.text)")
    #expect(found.after.status == 200, "\(found.after.text)")
  }

  private struct Slow: Decodable {
    var body: Site.OddAnswer
    /// The same behind an answer: central has refused the request, and the body goes on.
    var refused: Site.OddAnswer
    var ended: Bool
    var counted: Int
  }

  @Test("A body of a byte every two seconds gets 408, and one that goes on behind its refusal ends as well")
  func slowBodies() async throws {
    let site = try Site()
    try await site.startCentral()
    let found = try site.odd("slow", "site", "operator", as: Slow.self)
    #expect(found.body.status == 408)
    #expect(found.body.text.contains("\"error\":\"busy\""), "a word that gateways know")
    #expect(found.body.text.contains("a second more for every 256 bytes"))
    #expect(found.refused.status == 403)
    #expect(found.ended)
    #expect(found.counted == 2)
    #expect(site.log("central").contains("refused a client at 127.0.0.1: the body of a request came too slowly"))
  }
}
