import FieldgateTestKit
import Foundation
import GatewayClient
import Testing

@Suite("Watching a serial port")
struct SerialWatchTests {
  private static func watch(_ request: SerialWatch.Request) throws -> [String] {
    let lines = OutputLines()
    var watch = try SerialWatch(request) { lines.append($0) }
    try watch.run()
    return lines.all
  }

  @Test("Each line is shown raw and as the configuration reads it, as text and as JSON")
  func configured() throws {
    let directory = try TemporaryDirectory("watch")
    let sensor = try SerialSensorServer(.lines, link: directory("line"), every: .milliseconds(30))
    defer { sensor.stop() }
    try directory.write(
      "gateway.yaml",
      "gateway: x\n" + SerialSensorServer.configuration(.lines, link: sensor.path, every: "1s"))
    var request = SerialWatch.Request(device: sensor.path)
    request.configuration = directory("gateway.yaml")
    request.lines = 2
    let text = try Self.watch(request)
    #expect(text[0].contains("9600 8N1") && text[0].contains("as bus sim-lines with 1 device reads it"))
    #expect(text.contains { $0.contains(" C H=40 % n=") })
    #expect(text.contains { $0.contains("room: temperature 2") && $0.contains("humidity 40 %") }, "\(text)")
    request.json = true
    let json = try #require(Self.watch(request).last)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(object["device"] as? String == "room")
    #expect((object["values"] as? [String: Any])?["humidity"] as? Int == 40)
  }

  @Test("A pattern can be tried, an instrument asked, and foreign lines are called so")
  func pattern() throws {
    let directory = try TemporaryDirectory("watch")
    let sensor = try SerialSensorServer(.scale, link: directory("line"))
    defer { sensor.stop() }
    var request = SerialWatch.Request(device: sensor.path)
    request.pattern = #"^ST,GS,(?<weight>[-+ .0-9]+)kg$"#
    request.send = try #require(SentText.bytes(#"READ\r\n"#))
    request.lines = 1
    #expect(try Self.watch(request).contains { $0.contains("pattern: weight 20.1") })
    request.pattern = "^nothing$"
    #expect(try Self.watch(request).contains("    of no device"))
  }

  @Test("What cannot be done says why and what to do")
  func failures() throws {
    let directory = try TemporaryDirectory("watch")
    let sensor = try SerialSensorServer(.lines, link: directory("line"), every: .milliseconds(30))
    defer { sensor.stop() }
    var request = SerialWatch.Request(device: sensor.path)
    request.pattern = "(?<t>"
    #expect { try SerialWatch(request) { _ in } } throws: { "\($0)".contains("missing closing parenthesis") }
    request.pattern = nil
    request.baud = 12_345
    #expect { try SerialWatch(request) { _ in } } throws: { "\($0)".contains("no baud rate 12345") }
    request.baud = nil
    try directory.write("gateway.yaml", "gateway: x\n" + SerialSensorServer.configuration(.lines, link: "/dev/ttyS77"))
    request.configuration = directory("gateway.yaml")
    #expect { try SerialWatch(request) { _ in } } throws: { "\($0)".contains("they are on: /dev/ttyS77") }
    var missing = SerialWatch.Request(device: directory("none"))
    missing.lines = 1
    #expect { try Self.watch(missing) } throws: { "\($0)".contains("plug in the adapter") }
    #expect { try BaudSweep.run(device: directory("none"), listening: .seconds(1), json: false) { _ in } } throws: {
      "\($0)".contains("cannot open")
    }
  }

  @Test("Texts to send have the usual escapes and nothing else")
  func sentText() {
    #expect(SentText.bytes(#"a\r\n\t\\\x05\xfF"#) == [0x61, 13, 10, 9, 0x5c, 5, 0xff])
    for bad in [#"\q"#, #"\x1"#, #"\"#, "é", #"\xg0"#] { #expect(SentText.bytes(bad) == nil, "\(bad)") }
  }
}

/// Lines that a command put out.
private final class OutputLines {
  private(set) var all: [String] = []
  func append(_ line: String) { all.append(line) }
}
