import GatewayCore
import Glibc

/// Holds a directory for one process at a time, by an advisory lock on a file in it that the kernel lets go when the process
/// ends, however it ends.
final class DirectoryLock {
  private let descriptor: Int32

  /// - Parameter path: the lock file; made when missing. Whoever holds it writes its process id there.
  init(path: String) throws(OutboxStoreError) {
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else {
      throw Self.failure(path, errno)
    }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let holder = Self.read(opened)
      close(opened)
      throw OutboxStoreError(
        "\(path) is held by another fieldgated\(holder.isEmpty ? "" : " (process \(holder))"). "
          + "Stop it first: systemctl stop fieldgate", .held)
    }
    // Last, because with it set a throw would run deinit, and close the descriptor a second time.
    descriptor = opened
    let text = "\(getpid())\n"
    ftruncate(descriptor, 0)
    _ = text.withCString { pwrite(descriptor, $0, text.utf8.count, 0) }
  }

  /// Lets go in so many words: a process that this one is starting just now has a copy of the descriptor until it is
  /// another program, and would hold the lock as long.
  deinit {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  private static func failure(_ path: String, _ code: Int32) -> OutboxStoreError {
    let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let cause = String(cString: strerror(code))
    let next =
      switch code {
      case ENOENT: "Make the outbox's directory: install -d -m 700 -o USER-OF-FIELDGATED \(directory)"
      case EACCES, EPERM: "fieldgated needs rights there; look at: ls -ld \(directory)"
      case EROFS, EIO: "Look at the disk of \(directory): dmesg | tail"
      default: "Look at: ls -ld \(directory); df -h \(directory)"
      }
    return OutboxStoreError("cannot open \(path): \(cause). \(next)")
  }

  private static func read(_ descriptor: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    return String(decoding: buffer.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
