import ArgumentParser
import FieldgateTestKit
import Glibc
import JSONText

/// Runs until a signal or `stop`, taking orders on standard input.
struct Console {
  let tcp: ModbusTCPServer
  let rtu: ModbusRTUServer?

  func run(_ shared: SharedOptions, configuration: PlantConfiguration) throws {
    StopSignal.install()
    if let path = shared.configuration { try write(configuration.yaml, to: path) }
    if let path = shared.readyFile { try write(ready, to: path) }
    print("serving on 127.0.0.1:\(tcp.port)" + (rtu.map { " and \($0.path)" } ?? "") + "; Ctrl-C ends it")
    fflush(nil)
    takeOrders()
    tcp.stop()
    rtu?.stop()
  }

  private var ready: String {
    JSONWriter.text { json in
      json.object { json in
        json.member("tcp", tcp.port)
        json.member("rtu", ifPresent: rtu?.path)
        json.member("pid", getpid())
      }
    } + "\n"
  }

  /// Whole or not at all, so that whoever waits for the file never reads half of it.
  private func write(_ text: String, to path: String) throws {
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw ValidationError("cannot write \(path): \(String(cString: strerror(errno)))") }
    let bytes = Array(text.utf8)
    let count = Glibc.write(descriptor, bytes, bytes.count)
    close(descriptor)
    guard count == bytes.count, rename(temporary, path) == 0 else {
      throw ValidationError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
  }

  private func takeOrders() {
    var input: [UInt8] = []
    var polls = [
      pollfd(fd: StopSignal.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      guard poll(&polls, nfds_t(polls.count), -1) >= 0 || errno == EINTR else { return }
      if polls[0].revents != 0 { return }
      guard polls.count > 1, polls[1].revents != 0 else { continue }
      var buffer = [UInt8](repeating: 0, count: 1_024)
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      // Without an input (a service, /dev/null) only signals are left.
      guard count > 0 else {
        polls.removeLast()
        continue
      }
      input += buffer[..<count]
      while let end = input.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: input[..<end], as: UTF8.self)
        input.removeFirst(end + 1)
        if line == "stop" { return }
        print(obey(line.split(separator: " ").map(String.init)))
        fflush(nil)
      }
    }
  }

  private func obey(_ words: [String]) -> String {
    guard words.count >= 2, let (box, unit) = unit(words[1]) else { return "? fault tcp/1 silent, clear rtu/2, stop" }
    switch words[0] {
    case "clear":
      box[unit] = nil
      return "ok"
    case "fault":
      guard let fault = Fault(words: Array(words.dropFirst(2))) else {
        return "? known faults: silent, delay MS, exception CODE, garbage, drop"
      }
      box[unit] = fault
      return "ok"
    default: return "? unknown order '\(words[0])'"
    }
  }

  private func unit(_ text: String) -> (FaultBox, UInt8)? {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let unit = UInt8(parts[1]) else { return nil }
    switch parts[0] {
    case "tcp": return (tcp.faults, unit)
    case "rtu": return rtu.map { ($0.faults, unit) }
    default: return nil
    }
  }
}

/// SIGINT and SIGTERM as bytes in a pipe, which poll(2) can wait for.
enum StopSignal {
  nonisolated(unsafe) private static var ends: [Int32] = [-1, -1]  // written once, before the handlers are installed

  static var descriptor: Int32 { ends[0] }

  static func install() {
    pipe(&ends)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        var byte: UInt8 = 0
        _ = write(StopSignal.ends[1], &byte, 1)
      }
    }
    signal(SIGPIPE, SIG_IGN)
  }
}
