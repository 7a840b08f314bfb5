import FieldgateTestKit

/// The Modbus command line program `mbpoll`: a client that shares no code with the simulator.
struct MBPoll {
  enum Target {
    case tcp(port: Int)
    case rtu(path: String)
  }

  let target: Target

  /// One request.
  ///
  /// - Parameters:
  ///   - type: `-t` of mbpoll: `0` coil, `1` discrete input, `3` input register, `4` holding register, `4:int`, `4:float`.
  ///   - write: values to write instead of reading.
  /// - Returns: the values by address as mbpoll prints them, or its error.
  func request(
    unit: Int, type: String, address: Int, count: Int = 1, write: [String] = [], extra: [String] = [],
    timeoutSeconds: Double = 2
  ) throws -> (values: [Int: String], error: String) {
    var arguments = ["-q", "-0", "-a", "\(unit)", "-t", type, "-r", "\(address)", "-o", "\(timeoutSeconds)"] + extra
    switch target {
    case .tcp(let port): arguments += ["-m", "tcp", "-p", "\(port)"]
    case .rtu: arguments += ["-m", "rtu", "-b", "19200", "-P", "even"]
    }
    if write.isEmpty { arguments += ["-1", "-c", "\(count)"] }
    switch target {
    case .tcp: arguments.append("127.0.0.1")
    case .rtu(let path): arguments.append(path)
    }
    let child = try ChildProcess("mbpoll", arguments + write)
    try child.wait(timeout: .seconds(20), killingAfter: true)
    var values: [Int: String] = [:]
    for line in child.drainedOutput.split(separator: "\n") where line.hasPrefix("[") {
      let parts = line.dropFirst().split(separator: "]", maxSplits: 1)
      guard parts.count == 2, let address = Int(parts[0]) else { continue }
      // 65336 is shown as "65336 (-200)".
      values[address] = parts[1].dropFirst().split(whereSeparator: \.isWhitespace).first.map { String($0) }
    }
    let error = child.drainedError.split(separator: "\n").first.map { String($0) } ?? ""
    return (values, error)
  }
}
