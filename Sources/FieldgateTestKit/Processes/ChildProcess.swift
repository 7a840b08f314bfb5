import CLinux
import Glibc
import Telemetry

/// A program that a test started.
///
/// It leads its own process group (a Ctrl-C at the terminal does not reach it) and is killed when this process ends in
/// whatever way, or when the last reference to the object goes: no test leaves a daemon behind.
public final class ChildProcess: @unchecked Sendable {  // the exit is used under the lock, the rest is constant
  /// Where standard output or standard error goes.
  public enum Output: Hashable, Sendable {
    /// Nowhere.
    case discarded
    /// Where this process's own goes.
    case inherited
    /// Appended to a file. Both streams may name the same one.
    case file(String)
    /// Kept in memory, see ``ChildProcess/standardOutput`` and ``ChildProcess/standardError``.
    case captured
  }

  /// How a process ended.
  public enum Exit: Hashable, Sendable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    public var description: String {
      switch self {
      case .code(let code): "exit code \(code)"
      case .signal(let number): "signal \(number) (\(String(cString: strsignal(number))))"
      }
    }
  }

  /// What a process that ended used in all.
  public struct Usage: Hashable, Sendable {
    /// User and system time.
    public var cpuSeconds: Double
    /// Largest resident set, bytes.
    public var peakResidentBytes: Int
  }

  public let pid: Int32
  /// The program's path and arguments, for messages.
  public let commandLine: String
  private let lock = Lock()
  private var ended: (exit: Exit, usage: Usage)?
  private let input: Int32?
  private let output: CapturedStream?
  private let errors: CapturedStream?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - program: a path, or a name to look up in `PATH`.
  ///   - environment: the whole environment; nil for this process's own.
  ///   - extraEnvironment: added to it, replacing variables of the same name.
  ///   - directory: working directory; nil for this process's own.
  ///   - writesInput: true to be able to ``send(line:)``; otherwise standard input is empty.
  /// - Throws: ``TestKitError`` when the program cannot be started.
  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil,
    extraEnvironment: [String: String] = [:], directory: String? = nil, writesInput: Bool = false,
    standardOutput: Output = .captured, standardError: Output = .captured
  ) throws {
    let path = try Executable.find(program)
    commandLine = ([program] + arguments).joined(separator: " ")
    var streams = ChildStreams()
    do {
      input = try streams.openInput(piped: writesInput)
      output = try streams.openOutput(standardOutput, inherited: STDOUT_FILENO)
      errors = try streams.openOutput(standardError, inherited: STDERR_FILENO)
      var variables = environment ?? Executable.environment()
      variables.merge(extraEnvironment) { _, new in new }
      pid = try Spawner.shared.spawn(
        SpawnRequest(
          path: path, arguments: [program] + arguments,
          environment: variables.map { "\($0.key)=\($0.value)" }.sorted(), directory: directory,
          streams: streams.childSide))
    } catch {
      streams.closeAll()
      throw error
    }
    streams.closeChildSide()
    output?.start()
    errors?.start()
  }

  deinit {
    if reap(blocking: false) == nil {
      Glibc.kill(pid, SIGKILL)
      _ = reap(blocking: true)
    }
    if let input { close(input) }
  }

  // MARK: Its end

  /// How it ended; nil while it runs.
  public var exit: Exit? { reap(blocking: false) }

  public var isRunning: Bool { exit == nil }

  /// What it used; nil while it runs.
  public var usage: Usage? {
    _ = reap(blocking: false)
    return lock.withLock { ended?.usage }
  }

  /// Sends a signal, unless it has ended already.
  public func signal(_ number: Int32) {
    lock.withLock {
      // Under the lock, and only while the process is not reaped: its id cannot belong to another one yet.
      if ended == nil { _ = Glibc.kill(pid, number) }
    }
  }

  /// SIGTERM, then waits for the end.
  ///
  /// - Throws: ``TestKitError`` when it still runs after `timeout`; it is then killed.
  @discardableResult
  public func terminate(timeout: Duration = .seconds(10)) throws -> Exit {
    signal(SIGTERM)
    return try wait(timeout: timeout, killingAfter: true)
  }

  /// SIGKILL, as a power cut ends a process, and waits for the end.
  @discardableResult
  public func kill() -> Exit {
    signal(SIGKILL)
    return reap(blocking: true) ?? .signal(SIGKILL)
  }

  /// Waits for the end.
  ///
  /// - Parameter killingAfter: kills it when the time runs out.
  /// - Throws: ``TestKitError`` when it still runs after `timeout`, with the last lines of its standard error.
  @discardableResult
  public func wait(timeout: Duration = .seconds(10), killingAfter: Bool = false) throws -> Exit {
    do {
      return try waitFor("the end of '\(commandLine)' (process \(pid))", timeout: timeout) { exit }
    } catch {
      if killingAfter { kill() }
      throw TestKitError("\(error); standard error ends with: \(standardError.suffix(2_000))")
    }
  }

  /// Waits for the end and for the last captured byte, and returns the text of standard output.
  ///
  /// - Throws: ``TestKitError`` when it runs too long or ends with anything but exit code 0.
  public func output(timeout: Duration = .seconds(10)) throws -> String {
    let exit = try wait(timeout: timeout, killingAfter: true)
    guard exit == .code(0) else {
      throw TestKitError("'\(commandLine)' ended with \(exit); standard error ends with: \(drainedError.suffix(2_000))")
    }
    return drainedOutput
  }

  private func reap(blocking: Bool) -> Exit? {
    // One waiter at a time: were the id reaped by two, the second would get an error, or another process's end.
    lock.withLock {
      if let ended { return ended.exit }
      var status: Int32 = 0
      var usage = rusage()
      let result = retryInterrupted { wait4(pid, &status, blocking ? 0 : WNOHANG, &usage) }
      guard result == pid else { return nil }
      let exit: Exit = status & 0x7f == 0 ? .code(status >> 8 & 0xff) : .signal(status & 0x7f)
      ended = (exit, Usage(usage))
      return exit
    }
  }

  // MARK: Its streams

  /// What it has written so far to a captured standard output; empty when that is not captured. Holds the last
  /// mebibyte.
  public var standardOutput: String { output?.text ?? "" }

  /// What it has written so far to a captured standard error.
  public var standardError: String { errors?.text ?? "" }

  /// After its end: standard output to the last byte.
  public var drainedOutput: String { output?.drainedText ?? "" }

  /// After its end: standard error to the last byte.
  public var drainedError: String { errors?.drainedText ?? "" }

  /// Writes a line to its standard input; needs `writesInput`.
  ///
  /// - Throws: ``TestKitError`` when it has no input or no longer reads it.
  public func send(line: String) throws {
    guard let input else { throw TestKitError("'\(commandLine)' was started without writesInput: true") }
    // SIGPIPE must not end the test: MSG_NOSIGNAL works because the input is a socket pair, not a pipe.
    let bytes = Array("\(line)\n".utf8)
    guard retryInterrupted({ Glibc.send(input, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }) == bytes.count
    else { throw TestKitError("'\(commandLine)' does not read its input: \(errorText())") }
  }
}

extension ChildProcess.Usage {
  init(_ usage: rusage) {
    let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    cpuSeconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1e6
    peakResidentBytes = Int(usage.ru_maxrss) << 10
  }
}
