import FieldgateTestKit
import Foundation
import Testing

/// What the daemon does with a configuration that it cannot use: by hand it ends, under a service manager it waits.
@Suite("A broken configuration", .inASiteSlot)
struct BrokenConfigurationTests {
  private let temporary: TemporaryDirectory
  private let errors = 8

  init() throws {
    temporary = try TemporaryDirectory("broken")
    try write(keys: errors)
  }

  /// A file with so many unknown keys, and else good.
  private func write(keys: Int) throws {
    _ = try? temporary.directory("outbox")
    let text = """
      gateway: barn-7
      buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1, port: 1 }]
      devices: [{ name: press, bus: plc, unit: 1, every: 1s, tags: [{ name: parts, holding: 0 }] }]
      outbox: { directory: \(temporary("outbox")) }
      api: { socket: \(temporary("gateway.sock")) }

      """
    let wrong = (0..<keys).map { "wrong-\($0): 1\n" }.joined()
    try (text + wrong).write(toFile: temporary("gateway.yaml"), atomically: true, encoding: .utf8)
  }

  private func daemon(notifying socket: String? = nil) throws -> ChildProcess {
    try ChildProcess(
      Executable.built("fieldgated"), ["--configuration", temporary("gateway.yaml")],
      extraEnvironment: socket.map { ["NOTIFY_SOCKET": $0] } ?? [:])
  }

  @Test("By hand: every error, then exit code 78")
  func byHand() throws {
    let daemon = try daemon()
    #expect(try daemon.wait() == .code(78))
    for index in 0..<errors { #expect(daemon.drainedError.contains("'wrong-\(index)'")) }
  }

  @Test("Under a service manager: says why, once and in short, and starts when the file is good")
  func supervised() throws {
    let manager = try NotifySocket(temporary("notify"))
    let daemon = try daemon(notifying: manager.path)
    try manager.wait(for: "READY=1")
    let status = try #require(manager.messages.first { $0.hasPrefix("STATUS=waiting for a good configuration: ") })
    #expect(status.contains("'wrong-0'") && status.contains("and \(errors - 1) more: fieldgate check"), "\(status)")

    // Another mistake is told, too; then the file is good.
    try write(keys: 1)
    try waitUntil("the new error", timeout: .seconds(20), seen: { daemon.standardError }) {
      daemon.standardError.components(separatedBy: "'wrong-0'").count == 3
    }
    #expect(manager.messages.contains("WATCHDOG=1"))
    try write(keys: 0)
    try waitUntil("the socket", timeout: .seconds(20), seen: { daemon.standardError }) {
      FileManager.default.fileExists(atPath: temporary("gateway.sock"))
    }
    #expect(try daemon.terminate(timeout: .seconds(20)) == .code(0))
    let lines = daemon.drainedError.split(separator: "\n")
    #expect(lines.filter { $0.contains("unknown key") }.count == 5 + 1, "\(daemon.drainedError)")
    #expect(lines.filter { $0.contains("and 3 more: fieldgate check") }.count == 1)
  }

  @Test("A stop ends the wait at once")
  func stopped() throws {
    let manager = try NotifySocket(temporary("notify"))
    let daemon = try daemon(notifying: manager.path)
    try manager.wait(for: "READY=1")
    #expect(try daemon.terminate(timeout: .seconds(3)) == .code(0))
    try manager.wait(for: "STOPPING=1")
  }
}
