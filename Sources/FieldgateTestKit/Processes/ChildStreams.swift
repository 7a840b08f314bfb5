import Glibc

/// The descriptors of a child's standard streams while it is being started.
struct ChildStreams {
  /// Input, output, error: what the child gets.
  private(set) var childSide: [Int32] = []
  private var parentSide: [Int32] = []

  /// Returns our end, when piped.
  mutating func openInput(piped: Bool) throws -> Int32? {
    guard piped else {
      try childSide.append(openFile("/dev/null", O_RDONLY))
      return nil
    }
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw TestKitError("cannot make a pipe: \(errorText())") }
    childSide.append(try high(ends[0]))
    let writing = try high(ends[1])
    parentSide.append(writing)
    return writing
  }

  mutating func openOutput(_ output: ChildProcess.Output, inherited: Int32) throws -> CapturedStream? {
    switch output {
    case .discarded: try childSide.append(openFile("/dev/null", O_WRONLY))
    case .file(let path): try childSide.append(openFile(path, O_WRONLY | O_CREAT | O_APPEND))
    case .inherited: try childSide.append(duplicate(inherited))
    case .captured:
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { throw TestKitError("cannot make a pipe: \(errorText())") }
      childSide.append(try high(ends[1]))
      let reading = try high(ends[0])
      parentSide.append(reading)
      return CapturedStream(descriptor: reading)
    }
    return nil
  }

  func closeChildSide() { for descriptor in childSide { close(descriptor) } }

  func closeAll() { for descriptor in childSide + parentSide { close(descriptor) } }

  private func openFile(_ path: String, _ flags: Int32) throws -> Int32 {
    let descriptor = open(path, flags | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw TestKitError("cannot open \(path): \(errorText())") }
    return try high(descriptor)
  }

  private func duplicate(_ descriptor: Int32) throws -> Int32 {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw TestKitError("cannot duplicate descriptor \(descriptor): \(errorText())") }
    return copy
  }

  /// The same file above the standard descriptors, closed on exec: dup2 in the child must not meet its own source.
  private func high(_ descriptor: Int32) throws -> Int32 {
    let copy = try duplicate(descriptor)
    close(descriptor)
    return copy
  }
}
