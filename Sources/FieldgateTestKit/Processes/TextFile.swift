import Glibc

/// Whole small files, without Foundation.
public enum TextFile {
  /// Longest file that is read: a limit against a runaway log, not a format.
  public static let maximumBytes = 64 << 20

  /// - Throws: ``TestKitError`` when the file cannot be read or is longer than ``maximumBytes``.
  public static func read(_ path: String) throws -> String {
    let descriptor = retryInterrupted { open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw TestKitError("cannot read \(path): \(errorText())") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = retryInterrupted { Glibc.read(descriptor, &buffer, buffer.count) }
      guard count >= 0 else { throw TestKitError("cannot read \(path): \(errorText())") }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: buffer[..<count])
      guard bytes.count <= maximumBytes else { throw TestKitError("\(path) is longer than \(maximumBytes) bytes") }
    }
  }

  /// Removes the file, if there is one.
  public static func remove(_ path: String) { unlink(path) }

  /// Replaces the file in one step: a reader sees the old text or the new, never half of it.
  ///
  /// - Throws: ``TestKitError`` when the file cannot be written.
  public static func write(_ text: String, to path: String) throws {
    let new = "\(path).\(getpid()).new"
    let descriptor = retryInterrupted { open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else { throw TestKitError("cannot write \(new): \(errorText())") }
    let written = writeAll(Array(text.utf8), to: descriptor)
    let problem = written ? "" : errorText()
    close(descriptor)
    guard written else {
      unlink(new)
      throw TestKitError("cannot write \(new): \(problem)")
    }
    guard rename(new, path) == 0 else {
      let cause = errorText()
      unlink(new)
      throw TestKitError("cannot replace \(path): \(cause)")
    }
  }
}

/// Writes all bytes to a blocking descriptor; false, with `errno` set, when it cannot.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  bytes.withUnsafeBytes { buffer in
    var rest = buffer[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      let count = retryInterrupted { write(descriptor, part.baseAddress, part.count) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
