import Glibc

/// Files that are read and replaced as a whole.
enum WholeFile {
  /// What the system said.
  struct Failure: Error, Equatable, CustomStringConvertible {
    var code: Int32
    var description: String { String(cString: strerror(code)) }
  }

  /// Nil when there is no such file.
  ///
  /// - Parameter limit: where reading ends; a byte more than this tells that there are too many.
  static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw Failure(code: errno)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &buffer, min(buffer.count, limit + 1 - bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure(code: errno) }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// Writes beside the old file, syncs, and moves over it: after a power cut it is the old one or the new one. Mode 0640.
  ///
  /// - Parameter isSynced: false for what may be lost, but never torn while the machine runs.
  static func replace(_ path: String, with bytes: [UInt8], isSynced: Bool = true) throws(Failure) {
    let new = path + ".new"
    let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw Failure(code: errno) }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw giveUp(new, descriptor) }
      written += count
    }
    if isSynced, fsync(descriptor) != 0 { throw giveUp(new, descriptor) }
    close(descriptor)
    guard rename(new, path) == 0 else { throw Failure(code: errno) }
    if isSynced { syncDirectory(of: path) }
  }

  private static func giveUp(_ new: String, _ descriptor: Int32) -> Failure {
    let failure = Failure(code: errno)
    close(descriptor)
    unlink(new)
    return failure
  }

  /// The new name, too, lasts. Where it does not, the old file is found again, which is as good.
  private static func syncDirectory(of path: String) {
    let folder = open(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }
}
