import Glibc

/// Keeps a second service away from a data directory, by an advisory lock on the file `lock` in it, which the kernel lets go
/// when the process ends, however it ends. Commands that look at the directory do not ask for it.
final class DataLock {
  private let descriptor: Int32

  init(directory: String) throws(CentralStartError) {
    let path = directory + "/lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw CentralStartError("cannot open \(path): \(String(cString: strerror(errno))); look at: ls -ld \(directory)")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw CentralStartError(
        "another fieldgate-central serves \(directory) already: systemctl status fieldgate-central; or give another --data"
      )
    }
  }

  deinit { close(descriptor) }
}
