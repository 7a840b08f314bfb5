import FieldgateTestKit

/// A real broker on the loopback interface; ends with it.
final class Mosquitto {
  let temporary: TemporaryDirectory
  let port: Int
  private var process: ChildProcess?

  /// - Parameter configuration: what follows the listener's line.
  init(_ configuration: String = "allow_anonymous true") throws {
    temporary = try TemporaryDirectory("mosquitto")
    port = try FreePort.find()
    // Without `user root` a broker that root starts would give up the right to read its files.
    let text = "user root\nlog_type all\npersistence false\nlistener \(port) 127.0.0.1\n\(configuration)\n"
    try TextFile.write(text, to: temporary("mosquitto.conf"))
    try start()
  }

  deinit { process = nil }

  /// Returns when it listens.
  func start() throws {
    TextFile.remove(temporary("log"))
    process = try ChildProcess(
      "mosquitto", ["-c", temporary("mosquitto.conf")], standardOutput: .file(temporary("log")),
      standardError: .file(temporary("log")))
    try waitUntil("the broker to listen", seen: { log }) { log.contains("running") }
  }

  func kill() { _ = process?.kill() }

  var log: String { (try? temporary.read("log")) ?? "" }

  /// A client of the distribution, started and running.
  func client(_ program: String, _ arguments: [String]) throws -> ChildProcess {
    try ChildProcess(program, ["-h", "127.0.0.1", "-p", "\(port)"] + arguments)
  }

  func publish(_ topic: String, _ payload: String, _ more: [String] = []) throws {
    let process = try client("mosquitto_pub", ["-t", topic, "-m", payload] + more)
    guard try process.wait() == .code(0) else { throw TestKitError("mosquitto_pub: \(process.drainedError)") }
  }

  /// What `mosquitto_sub` prints until `count` messages came; `format` as its manual says.
  func receive(_ topic: String, count: Int, format: String = "%t %r %p", _ more: [String] = []) throws -> [String] {
    let process = try client(
      "mosquitto_sub", ["-t", topic, "-C", "\(count)", "-W", "20", "-F", format] + more)
    _ = try process.wait()
    return process.drainedOutput.split(separator: "\n").map(String.init)
  }
}
