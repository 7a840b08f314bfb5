import FieldgateTestKit
import Foundation
import Testing

@Suite("Reloading the configuration of a running daemon", .inASiteSlot)
struct ReloadTests {
  private struct State: Decodable {
    struct Bus: Decodable {
      var name: String
      var up: Bool
      var reconnects: Int
      var devices: [Device]
      var hasBoiler: Bool { devices.contains { $0.name == "boiler" } }
    }
    struct Device: Decodable {
      var name: String
      var quality: String
    }
    struct File: Decodable {
      var changed: Bool
      var failure: String?

      enum CodingKeys: String, CodingKey {
        case failure
        case changed = "changed_since"
      }
    }
    struct Counters: Decodable {
      var reloads: Int
      var scans: Int
    }
    var buses: [Bus]
    var configuration: File
    var counters: Counters

    func quality(_ device: String) -> String? {
      buses.flatMap(\.devices).first { $0.name == device }?.quality
    }
  }

  private func state(_ site: Site) throws -> State {
    let output = try site.fieldgate("status", "--json")
    let answer = try JSONDecoder().decode([String: State].self, from: Data(output.text.utf8))
    return try #require(answer["status"])
  }

  private func file(_ site: Site) throws -> String {
    try String(contentsOfFile: site.path("gateway.yaml"), encoding: .utf8)
  }

  private func write(_ text: String, _ site: Site) throws {
    try text.write(toFile: site.path("gateway.yaml"), atomically: true, encoding: .utf8)
  }

  /// Open descriptors and threads of the daemon.
  private func resources(_ site: Site) throws -> [Int] {
    let pid = try #require(site.gateway?.pid)
    return try ["fd", "task"].map { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/\($0)").count }
  }

  /// The file without a device.
  private func removing(_ device: String, from text: String) -> String {
    var isInside = false
    return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
      if line.hasPrefix("  - ") || !line.hasPrefix(" ") { isInside = line == "  - name: \(device)" }
      return !isInside
    }.joined(separator: "\n")
  }

  /// The file with another pace of a device.
  private func slowing(_ device: String, in text: String) -> String {
    let parts = text.components(separatedBy: "name: \(device)\n")
    let rest = parts[1].replacing("every: 200ms", with: "every: 500ms", maxReplacements: 1)
    return parts[0] + "name: \(device)\n" + rest
  }

  private static let unchanged = ["press", "energy", "hydraulics", "boiler"]

  @Test("20 reloads: what did not change loses nothing and keeps its line, and nothing leaks")
  func manyReloads() async throws {
    let site = try Site(every: "200ms")
    try await site.startAll()
    let first = try file(site)
    var slow = first.replacing(
      "{ name: too_hot", with: "{ name: too_cold, tag: tank/level, below: 1 }\n  - { name: too_hot")
    slow = slowing("tank", in: slow)
    let versions = [
      slow.replacing("batch-interval: 1s", with: "batch-interval: 2s"), removing("climate", from: first),
      first.replacing("batch-interval: 1s", with: "batch-interval: 1s\n  rate-limit: 10MB"), first,
    ]
    var before: [Int] = []
    for round in 0..<20 {
      try write(versions[round % versions.count], site)
      if round % 2 == 0 {
        let output = try site.fieldgate("reload")
        if round == 0 { #expect(output.text.contains("(tank: every 200 ms -> 500 ms)"), "\(output.text)") }
        #expect(output.text.hasSuffix("applied\n"), "\(output.text)")
      } else {
        kill(try #require(site.gateway?.pid), SIGHUP)
      }
      let scans = try state(site).counters.scans
      _ = try await eventually("reload \(round + 1) and scans after it") {
        let counters = try state(site).counters
        return counters.reloads == round + 1 && counters.scans > scans + 10 ? true : nil
      }
      // Once round all kinds, so that what is made once is made.
      if round == 3 { before = try resources(site) }
    }
    #expect(try state(site).configuration.changed == false)
    // Each kind of reload came four times more, so that a leak of one of them makes four; connections to central are kept
    // open, and there may be more or fewer of them than before.
    _ = try await eventually("the threads of replaced connections to end") {
      let now = try resources(site)
      guard zip(now, before).allSatisfy({ $0 <= $1 + 3 }) else {
        throw TestKitError("descriptors and threads \(now), before \(before)")
      }
      return true
    }
    #expect(try state(site).buses.allSatisfy { $0.up && $0.reconnects == 0 })
    _ = try await eventually("a device that was gone") { try state(site).quality("climate") == "good" ? true : nil }

    #expect(try site.stopGateway() == .code(0))
    try site.startGateway()
    try await site.drained()
    for device in Self.unchanged {
      let counts = try site.scanCounts(device).map(\.count)
      let last = try #require(counts.last)
      #expect(counts.count > 20 && counts == Array((last - counts.count + 1)...last), "\(device): \(counts)")
    }
    _ = try site.stopGateway()
    site.stopCentral()
    #expect(try site.verifyCentral().problems == [])
  }

  @Test("A bad file changes nothing and says why; a dry run changes nothing; a line with other settings comes back")
  func badFile() async throws {
    let site = try Site(every: "200ms")
    try await site.startAll()
    let good = try file(site)
    try write("wrong: 1\nbroken: 2\n" + good, site)
    let bad = try site.fieldgate("reload", mustSucceed: false)
    #expect(bad.status == 1)
    let lines = bad.text.split(separator: "\n").map(String.init)
    #expect(lines.filter { $0.contains("gateway.yaml:") && $0.contains(": error: unknown key") }.count == 2, "\(lines)")
    #expect(lines.last?.hasSuffix("2 errors; nothing was changed") == true)
    var now = try state(site)
    #expect(now.counters.reloads == 0 && now.configuration.changed && now.configuration.failure != nil)
    let page = try site.fieldgate("status").text
    #expect(page.contains("changed since: fieldgate reload") && page.contains("! the newest reload changed nothing"))

    try write(good.replacing("baud: 19200", with: "baud: 9600"), site)
    let dry = try site.fieldgate("reload", "--check")
    #expect(dry.text.contains("baud 19200 -> 9600), 1 unchanged") && dry.text.contains("a dry run"))
    #expect(try state(site).counters.reloads == 0)
    let json = try site.fieldgate("reload", "--json").text
    #expect(json.contains("\"applied\":true") && json.contains("\"baud 19200 -> 9600\""))
    _ = try await eventually("the line to come back") { () -> Bool? in
      now = try state(site)
      let isReopened = now.buses.first { $0.hasBoiler }?.reconnects == 1
      return isReopened && now.buses.allSatisfy(\.up) && now.quality("boiler") == "good" ? true : nil
    }
    #expect(now.buses.filter { !$0.hasBoiler }.allSatisfy { $0.reconnects == 0 })
    #expect(now.configuration.failure == nil && !now.configuration.changed)
    #expect(try site.stopGateway() == .code(0))
  }
}
