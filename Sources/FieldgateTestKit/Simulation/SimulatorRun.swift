import CLinux
import Glibc

/// Runs a simulation until SIGINT, SIGTERM or the command `stop`, taking commands on standard input.
public struct SimulatorRun {
  /// Longest line of a command, bytes.
  static let maximumLineBytes = 4_096

  private let signals: Int32
  private var input: [UInt8] = []

  /// Takes over SIGINT and SIGTERM. Make it before any thread is started: threads inherit what it blocks.
  ///
  /// - Throws: ``TestKitError`` when the system refuses.
  public init() throws(TestKitError) {
    var ours = sigset_t()
    sigemptyset(&ours)
    sigaddset(&ours, SIGINT)
    sigaddset(&ours, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &ours, nil)
    signal(SIGPIPE, SIG_IGN)
    // In the background of a terminal, reading gives an error rather than stopping the process.
    signal(SIGTTIN, SIG_IGN)
    signals = signalfd(-1, &ours, Int32(SFD_CLOEXEC))
    guard signals >= 0 else { throw TestKitError("cannot wait for signals: \(errorText())") }
  }

  /// Serves until told to stop. The end of standard input is no reason to stop.
  public mutating func serve(_ simulation: Simulation) {
    let console = SimulatorConsole(simulation)
    serve { console.execute($0) }
    simulation.stop()
  }

  /// The same for a serial sensor, whose commands are `fault KIND`, `clear`, `say TEXT`, `unplug`, `plug` and `stop`.
  public mutating func serve(_ sensor: SerialSensorServer) {
    serve { SerialSensorConsole.execute($0, sensor) }
    sensor.stop()
  }

  private mutating func serve(_ execute: (String) -> SimulatorConsole.Answer?) {
    var readsInput = true
    while true {
      var polled = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
      if readsInput { polled.append(pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)) }
      guard poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR else { break }
      if polled[0].revents != 0 { break }
      guard readsInput, polled[1].revents != 0 else { continue }
      guard let lines = readLines() else {
        readsInput = false
        continue
      }
      if Self.answer(lines, execute) == .stop { break }
    }
  }

  /// Writes to standard output at once; what nobody reads is no error.
  public static func say(_ text: String) { _ = writeAll(Array(text.utf8), to: STDOUT_FILENO) }

  /// Nil at the end of the input.
  private mutating func readLines() -> [String]? {
    var buffer = [UInt8](repeating: 0, count: Self.maximumLineBytes)
    let count = retryInterrupted { read(STDIN_FILENO, &buffer, buffer.count) }
    guard count > 0 else { return nil }
    input += buffer[..<count]
    var lines: [String] = []
    while let end = input.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(String(decoding: input[..<end], as: UTF8.self))
      input.removeFirst(end + 1)
    }
    if input.count > Self.maximumLineBytes { input = [] }
    return lines
  }

  private static func answer(
    _ lines: [String], _ execute: (String) -> SimulatorConsole.Answer?
  ) -> SimulatorConsole.Answer? {
    for line in lines {
      switch execute(line) {
      case .line(let text): say("\(text)\n")
      case .stop: return .stop
      case nil: break
      }
    }
    return nil
  }
}
