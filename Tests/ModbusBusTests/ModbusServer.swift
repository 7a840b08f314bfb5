import Foundation

/// A Python server of `Servers/`, running as long as this value lives.
final class ModbusServer {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Lines printed before `ready`.
  let lines: [String]
  /// Port or device.
  let place: String
  private let process = Process()
  private let input = Pipe()

  var port: Int { Int(place) ?? 0 }
  var identifier: Int32 { process.processIdentifier }

  private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
  private static let root = folder.deletingLastPathComponent().deletingLastPathComponent()

  /// The interpreter that has pymodbus.
  private static var python: String {
    if let path = ProcessInfo.processInfo.environment["FIELDGATE_PYTHON"] { return path }
    let local = root.appendingPathComponent(".venv/bin/python3").path
    return FileManager.default.isExecutableFile(atPath: local) ? local : "/usr/bin/python3"
  }

  /// Starts the script and waits until it is ready.
  init(_ script: String, _ arguments: String...) throws {
    let path = Self.folder.appendingPathComponent("Servers/\(script)")
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: Self.python)
    process.arguments = [path.path] + arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var lines: [String] = []
    var text = Data()
    while lines.last?.hasPrefix("ready ") != true {
      let chunk = output.fileHandleForReading.availableData
      guard !chunk.isEmpty else {
        process.waitUntilExit()
        let said = lines.last ?? String(decoding: text, as: UTF8.self)
        throw Failure(
          description: "\(Self.python) \(script) ended with status \(process.terminationStatus): \(said). "
            + "The tests need pymodbus and pyserial: run Scripts/setup, or set FIELDGATE_PYTHON to a Python that has them."
        )
      }
      text += chunk
      while let end = text.firstIndex(of: 0x0a) {
        lines.append(String(decoding: text[text.startIndex..<end], as: UTF8.self))
        text = Data(text[text.index(after: end)...])
      }
    }
    place = String(lines.removeLast().dropFirst("ready ".count))
    self.lines = lines
  }

  /// Ends the server and waits for its end.
  func stop() {
    guard process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  deinit {
    stop()
  }
}
