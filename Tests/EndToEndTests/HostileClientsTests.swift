import FieldgateTestKit
import Foundation
import Telemetry
import Testing

@testable import BatchCodec

/// Clients with a certificate, and what they must not reach with it; see ``ForgedBatchesTests`` as well.
@Suite("Hostile clients of central", .inASiteSlot)
struct HostileClientsTests {
  private struct Sent: Decodable {
    var answers: [Site.OddAnswer]
    /// What the same client is told afterwards.
    var position: Site.OddAnswer
    var grown: Int
  }

  private let site: Site

  init() async throws {
    site = try Site()
    try site.certify("thief")
    try await site.startCentral()
  }

  // MARK: Batches

  @Test("Counts and lengths that no bytes stand behind, and frames that would grow to 4 GiB, take no memory")
  func bombs() throws {
    let good = try [UInt8](Data(contentsOf: URL(fileURLWithPath: try site.alarmBatch("batch"))))
    let most = UInt32(BatchLimits.maximumBodyBytes)
    let bombs: [[UInt8]] = [
      sealed(good, records: .max, body: .max, stored: .max, []),
      sealed(good, records: 1 << 20, body: most, stored: most, [1, 2, 3]),
      sealed(good, records: 1 << 20, body: most, Self.frame(announced: 4 << 30)),
      sealed(good, records: 1 << 20, body: most, Self.frame(announced: UInt64(most))),
      sealed(good, records: 1 << 20, body: most, Self.frame(announced: nil)),
      sealed(
        good, lane: 2, records: 1 << 20, body: 13, [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3, 4]),
    ]
    let paths = try bombs.enumerated().map { try site.write("bomb-\($0.offset)", $0.element) }
    let sent = try site.odd(
      "send", "site", paths[0], paths[1], paths[2], paths[3], paths[4], paths[5], as: Sent.self)
    for (bomb, answer) in sent.answers.enumerated() { #expect(answer.status == 422, "\(bomb): \(answer.text)") }
    #expect(sent.position.text == #"{"position":0}"#)
    #expect(sent.grown < 64 << 10, "central grew by \(sent.grown) kB")
  }

  @Test("64 small batches that unpack to 16 MiB each are taken a few at a time")
  func smallBatchesOfMuch() throws {
    let event = AlarmEvent(
      time: Timestamp(milliseconds: 1_790_000_000_000), alarm: "a", tag: "d/t", transition: .raised, severity: .low,
      value: nil, message: String(repeating: "m", count: 500))
    let batch = try BatchCodec.encode(
      epoch: Epoch(high: 0, low: 1), number: 1, alarms: Array(repeating: event, count: 30_000))
    #expect(batch.count < 32 << 10)
    let request = (1...64).flatMap { number in
      var bytes = Array(batch.dropLast(BatchCodec.checksumBytes))
      bytes.replaceSubrange(24..<32, with: Self.bytes(UInt64(number)))
      return bytes + Self.bytes(CRC32C.checksum(bytes[...]))
    }
    let sent = try site.odd("send", "site", try site.write("much", request), as: Sent.self)
    #expect(sent.answers[0].status == 200, "\(sent.answers[0].text)")
    #expect(sent.answers[0].text.contains("\"position\":1,"), "\(sent.answers[0].text)")
    // Two batches of 16 MiB, packed out; 64 of them would be more than a gigabyte.
    #expect(sent.grown < 300 << 10, "central grew by \(sent.grown) kB")
  }

  // MARK: Names

  static let names = [
    "'; DROP TABLE batches; --", "\" OR 1=1", "../../etc/passwd", "a\nb\tc", "<script>alert(1)</script>", "%00%27",
    "\u{0}x",
    "$(reboot)`reboot`", "{\"a\":1}", "名前🔥",
  ]

  @Test("Names of alarms and tags with signs of SQL, paths, shells, JSON and HTML come back as they were")
  func namesInBatches() throws {
    let paths = try Self.names.enumerated().map { index, name in
      try site.alarmBatch("batch-\(index)", number: UInt64(index + 1), alarm: name, tag: "d/" + name)
    }
    for path in paths {
      let sent = try site.odd("send", "site", path, as: Sent.self)
      #expect(sent.answers[0].status == 200, "\(sent.answers[0].text)")
    }
    let events = try events("site")
    #expect(Set(events.map(\.alarm)) == Set(Self.names))
    #expect(Set(events.map(\.tag)) == Set(Self.names.map { "d/" + $0 }))
    #expect(try site.curl("/v1/gateways", ["--fail"]).status == 0)
    site.stopCentral()
    #expect(try site.verifyCentral().problems == [])
  }

  @Test("The same in paths and parameters of queries and commands: refused or not found, never an error of the store")
  func namesInQueries() throws {
    _ = try site.odd("send", "site", try site.alarmBatch("batch"), as: Sent.self)
    let before = try site.curl("/v1/alarms").text
    for name in Self.names + ["\u{7f}", ""] {
      let coded = try #require(name.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      for location in [
        "/v1/gateways/\(coded)/latest", "/v1/gateways/\(coded)/samples?tag=a/b",
        "/v1/gateways/site/samples?tag=\(coded)",
        "/v1/alarms?limit=\(coded)", "/v1/alarms?from=\(coded)", "/v1/alarms?\(coded)=1",
        "/v1/positions/\(coded)/alarms",
      ] {
        let status = try status(location)
        #expect((400..<500).contains(status), "\(location) gave \(status)")
      }
      let comment = String(decoding: try JSONEncoder().encode(["comment": "x" + name]), as: UTF8.self)
      let status = try status("/v1/gateways/site/alarms/too_hot", ["--data-binary", comment])
      #expect([202, 400].contains(status), "a comment of \(name) gave \(status)")
    }
    #expect(try status("/v1/gateways/%ff%fe/latest") == 404)
    #expect(try status("/v1/gateways/%zz/latest") < 500)
    #expect(try site.curl("/v1/alarms").text == before)
  }

  @Test("A certificate whose name has other signs than letters, digits and _ - . is refused")
  func namesInCertificates() throws {
    for name in ["x'; DROP TABLE lanes;--", "a b", "ä", "x%2e%2e"] {
      try site.certify(name)
      let sent = try site.odd("send", name, try site.alarmBatch("batch"), as: Sent.self)
      #expect(sent.answers[0].status == 403, "\(sent.answers[0].text)")
      #expect(sent.answers[0].text.contains("is no name") || sent.answers[0].text.contains("is not 1 to 64 printable"))
    }
  }

  // MARK: Means

  private struct Events: Decodable {
    struct Event: Decodable {
      var alarm: String
      var tag: String
    }
    var events: [Event]
  }

  private func events(_ gateway: String) throws -> [Events.Event] {
    try site.query("/v1/gateways/\(gateway)/alarms?from=0", as: Events.self).events
  }

  private func status(_ location: String, _ more: [String] = []) throws -> Int {
    let output = try site.curl(location, ["--path-as-is", "-o", "/dev/null", "-w", "%{http_code}"] + more)
    return try #require(Int(output.text), "\(location): \(output.errors)")
  }

  /// The head of a batch with other numbers, another body, and a check sum that is right.
  private func sealed(
    _ batch: [UInt8], lane: UInt8 = 1, records: UInt32, body: UInt32, stored: UInt32? = nil, _ content: [UInt8]
  ) -> [UInt8] {
    var bytes = Array(batch.prefix(64))
    bytes[5] = lane
    bytes[6] = lane == 1 ? 1 : 0
    bytes.replaceSubrange(36..<40, with: Self.bytes(records))
    bytes.replaceSubrange(56..<60, with: Self.bytes(body))
    bytes.replaceSubrange(60..<64, with: Self.bytes(stored ?? UInt32(content.count)))
    bytes += content
    return bytes + Self.bytes(CRC32C.checksum(bytes[...]))
  }

  private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  /// A zstd frame (RFC 8878) of 4 GiB in 32,768 blocks of one repeated byte.
  ///
  /// - Parameter announced: the size that its head names; nil: none, and a window of 128 KiB.
  private static func frame(announced: UInt64?) -> [UInt8] {
    var frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
    frame += announced.map { [0xe0] + bytes($0) } ?? [0x00, 7 << 3]
    for block in 1...32_768 {
      let head = (128 << 10) << 3 | 1 << 1 | (block == 32_768 ? 1 : 0)
      frame += [UInt8(head & 0xff), UInt8(head >> 8 & 0xff), UInt8(head >> 16), 0]
    }
    return frame
  }
}
