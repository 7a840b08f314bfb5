public import Glibc

/// A program that a test or a script started, and ends by its process id.
public final class ChildProcess {
  public let pid: pid_t
  /// What the program writes to standard output and standard error.
  public let logPath: String
  private let input: Int32
  private var exit: Int32?

  public struct StartError: Error, CustomStringConvertible { public var description: String }

  /// - Parameters:
  ///   - arguments: without the program's name.
  ///   - environment: added to this process's own.
  ///   - logPath: both outputs are appended here.
  public init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], logPath: String
  ) throws(StartError) {
    self.logPath = logPath
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw StartError(description: "cannot make a pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    posix_spawn_file_actions_addopen(&actions, 1, logPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") }
    var cursor = environ
    while let entry = cursor.pointee {
      let name = String(cString: entry).prefix { $0 != "=" }
      if environment[String(name)] == nil { variables.append(strdup(entry)) }
      cursor += 1
    }
    variables.append(nil)
    defer { for pointer in words + variables { free(pointer) } }
    var child: pid_t = 0
    let code = posix_spawnp(&child, program, &actions, nil, &words, &variables)
    close(ends[0])
    guard code == 0 else {
      close(ends[1])
      throw StartError(description: "cannot start \(program): \(String(cString: strerror(code)))")
    }
    pid = child
    input = ends[1]
  }

  /// Ends it hard if it still runs: a test that failed half-way leaves nothing behind.
  deinit {
    if isRunning { _ = signal(SIGKILL) }
    _ = waitForEnd()
    close(input)
  }

  public func writeLine(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(input, bytes, bytes.count)
  }

  @discardableResult
  public func signal(_ number: Int32) -> Bool { exit == nil && kill(pid, number) == 0 }

  public var isRunning: Bool {
    if exit == nil { reap(WNOHANG) }
    return exit == nil
  }

  /// Waits for its end: the exit code, or 128 and the signal's number.
  public func waitForEnd() -> Int32 {
    while exit == nil { reap(0) }
    return exit ?? -1
  }

  /// Asks it to end (SIGTERM) and waits; after `timeout` it is killed.
  public func stop(timeout: Duration = .seconds(10)) -> Int32 {
    signal(SIGTERM)
    let clock = ContinuousClock()
    let deadline = clock.now + timeout
    while isRunning, clock.now < deadline { usleep(10_000) }
    if isRunning { signal(SIGKILL) }
    return waitForEnd()
  }

  private func reap(_ options: Int32) {
    var status: Int32 = 0
    let result = waitpid(pid, &status, options)
    if result == pid {
      exit = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
    } else if result < 0, errno != EINTR {
      exit = -1
    }
  }

  /// The log so far.
  public var log: String {
    var text: [UInt8] = []
    let descriptor = open(logPath, O_RDONLY)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while text.count < 64 << 20 {
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0 else { break }
      text += chunk[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }
}
