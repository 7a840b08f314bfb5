import FieldgateTestKit
import Foundation
import Testing

/// What a compromised gateway can do with batches, its own and others'.
@Suite("Forged and replayed batches", .inASiteSlot)
struct ForgedBatchesTests {
  private struct Lanes: Hashable {
    var gateway: String
    var records: Int
  }

  private func lanes(_ site: Site) throws -> Set<Lanes> {
    let text = try site.run(
      "sqlite3",
      [
        "-readonly", site.path("data/central.db"),
        "SELECT name, sum(records) FROM lanes JOIN gateways ON gateways.id = lanes.gateway GROUP BY name",
      ]
    ).text
    return Set(
      text.split(separator: "\n").map { line in
        let fields = line.split(separator: "|")
        return Lanes(gateway: String(fields[0]), records: Int(fields[1]) ?? -1)
      })
  }

  @Test("Replayed, renamed, changed and foreign batches change nothing of what another gateway sent")
  func forged() async throws {
    let site = try Site()
    try site.run(
      Site.root + "/Scripts/dev-certificates", [site.path("tls"), "--gateway", "site", "--gateway", "thief"])
    try await site.startAll()
    #expect(try site.stopGateway() == .code(0))
    let before = try lanes(site)
    #expect(before.count == 1 && before.first?.gateway == "site")
    // The first batch of telemetry, as it came.
    let hexadecimal = try site.run(
      "sqlite3",
      [
        "-readonly", site.path("data/central.db"),
        "SELECT hex(batches.bytes) FROM batches JOIN lanes ON lanes.id = batches.lane WHERE lanes.lane = 2 AND number = 1",
      ]
    ).text.trimmingCharacters(in: .newlines)
    let digits = Array(hexadecimal)
    let batch = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    func post(_ bytes: [UInt8], as name: String) throws -> String {
      try Data(bytes).write(to: URL(fileURLWithPath: site.path("forged")))
      return try site.curl(
        "/v1/batches", certificate: name,
        ["--data-binary", "@" + site.path("forged"), "--header", "X-Gateway: site", "--write-out", " %{http_code}"]
      ).text
    }

    #expect(try post(batch, as: "site").hasSuffix(" 200"), "a replay is answered with the position")
    #expect(try lanes(site) == before, "and stored once")
    for index in stride(from: 0, to: batch.count, by: max(1, batch.count / 40)) {
      var changed = batch
      changed[index] ^= 0x10
      let answer = try post(changed, as: "site")
      #expect(answer.hasSuffix(" 422") || answer.hasSuffix(" 400"), "byte \(index): \(answer)")
    }
    #expect(try post(Array(batch.dropLast()), as: "site").hasSuffix(" 422"))
    #expect(try lanes(site) == before)

    // Another gateway sends the same bytes, with the same epoch: they are filed under its own name.
    #expect(try post(batch, as: "thief").hasSuffix(" 200"))
    let after = try lanes(site)
    #expect(after.count == 2 && after.isSuperset(of: before))
    let epoch = try site.verifyCentral()
    #expect(epoch.sound, "\(epoch.problems)")
    #expect(try post(batch, as: "operator").contains("forbidden"))
  }
}
