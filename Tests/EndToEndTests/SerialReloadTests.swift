import FieldgateTestKit
import Foundation
import Testing

/// A bus of serial lines is replaced when anything of it changes (docs/reload.md): its port is closed and opened again.
@Suite("Reloading buses of serial lines", .inASiteSlot)
struct SerialReloadTests {
  private struct Bus: Decodable {
    struct Serial: Decodable { var lines: Int }
    struct Device: Decodable {
      var name: String
      var quality: String
    }
    var name: String
    var up: Bool
    var reconnects: Int
    var serial: Serial?
    var devices: [Device]
  }

  private func buses(_ site: Site) throws -> [String: Bus] {
    struct Status: Decodable { var buses: [Bus] }
    let answer = try JSONDecoder().decode(
      [String: Status].self, from: Data(try site.fieldgate("status", "--json").text.utf8))
    return Dictionary(uniqueKeysWithValues: try #require(answer["status"]).buses.map { ($0.name, $0) })
  }

  /// Waits until the only device of a bus is good and so many lines have come.
  private func isGood(_ bus: String, _ site: Site, lines: Int = 3) async throws -> Bus {
    try await eventually("\(bus) to be good") {
      // Until its socket is there, the daemon does not answer.
      guard let found = try? buses(site)[bus], found.devices.allSatisfy({ $0.quality == "good" }),
        found.serial?.lines ?? 0 >= lines
      else { return nil }
      return found
    }
  }

  private func reload(_ text: String, _ site: Site) throws -> String {
    try text.write(toFile: site.path("gateway.yaml"), atomically: true, encoding: .utf8)
    return try site.fieldgate("reload").text
  }

  @Test("A changed parser, other settings and a new name each open the port again, without touching other buses")
  func changed() async throws {
    let site = try Site()
    let room = try SerialSensorServer(.lines, link: site.path("room"), every: .milliseconds(300))
    let scale = try SerialSensorServer(.scale, link: site.path("scale"), every: .milliseconds(100))
    defer {
      room.stop()
      scale.stop()
    }
    let first = """
      gateway: site
      outbox: { directory: \(site.path("outbox")), flush-interval: 200ms }
      api: { socket: \(site.path("gateway.sock")) }
      buses:
        - { name: hall, type: serial-lines, device: \(site.path("room")) }
        - { name: lab, type: serial-lines, device: \(site.path("scale")) }
      devices:
        - name: room
          bus: hall
          pattern: '^T=(?<t>[-+.0-9]+) C H=(?<h>[0-9]+) % n=(?<n>[0-9]+)$'
          tags: [{ name: temperature, field: t }]
        - name: scale
          bus: lab
          request: "READ\\r\\n"
          every: 100ms
          pattern: '(?<w>[.0-9]+)kg'
          tags: [{ name: weight, field: w }]
      """
    try first.write(toFile: site.path("gateway.yaml"), atomically: true, encoding: .utf8)
    try site.startGateway()
    // Many at once, so that a bus that begins anew is known by its count for a long time.
    _ = try await isGood("hall", site)
    for _ in 0..<400 { room.say("T=+21.5 C H=40 % n=7\r\n") }
    let before = try await isGood("hall", site, lines: 200)
    #expect(try site.fieldgate("status").text.contains(" samples kept, no central is configured"))
    let untouched = try await isGood("lab", site, lines: 20)

    // Another field of the same lines: another parser, so the bus begins anew.
    let parser = first.replacing("{ name: temperature, field: t }", with: "{ name: humidity, field: h }")
    #expect(try reload(parser, site).hasSuffix("applied\n"))
    let replaced = try #require(try buses(site)["hall"]?.serial)
    #expect(replaced.lines < before.serial?.lines ?? 0)
    #expect(try await isGood("hall", site).up)
    #expect(try site.fieldgate("values", "room/humidity").text.contains("humidity"))
    let same = try #require(try buses(site)["lab"])
    #expect(same.reconnects == 0 && same.serial?.lines ?? 0 >= untouched.serial?.lines ?? .max)

    // Only the port's own settings.
    let settings = parser.replacing("device: \(site.path("room"))", with: "device: \(site.path("room")), baud: 19200")
    #expect(try reload(settings, site).hasSuffix("applied\n"))
    #expect(try await isGood("hall", site).up)

    // The port goes over to a bus of another name: the old one has let go of it by then.
    let renamed = settings.replacing("name: hall", with: "name: office").replacing("bus: hall", with: "bus: office")
    #expect(try reload(renamed, site).hasSuffix("applied\n"))
    #expect(try await isGood("office", site).up)
    #expect(try buses(site)["hall"] == nil)
    #expect(try #require(try buses(site)["lab"]).reconnects == 0)

    // A pattern that cannot be read changes nothing.
    try renamed.replacing("(?<w>[.0-9]+)kg", with: "(?<w>[.0-9+kg")
      .write(toFile: site.path("gateway.yaml"), atomically: true, encoding: .utf8)
    let refused = try site.fieldgate("reload", mustSucceed: false)
    #expect(refused.status == 1 && refused.text.contains("gateway.yaml:"), "\(refused.text) \(refused.errors)")
    #expect(try await isGood("office", site).up)
    #expect(try site.stopGateway() == .code(0))
  }
}
