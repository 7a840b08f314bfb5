import Glibc

/// While it lives, no other process of this machine changes the identity directory: neither `fieldgate enroll` nor the
/// daemon's renewal. Ends with the process at the latest.
public final class IdentityLock: Sendable {
  private let descriptor: Int32

  /// - Throws: when another process has it, or the directory cannot be written.
  public init(_ directory: IdentityDirectory) throws(IdentityError) {
    let path = "\(directory.path)/lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw IdentityError("cannot open \(path) (\(String(cString: strerror(errno))))", next: "run it with sudo")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw IdentityError(
        "another program is enrolling this gateway or renewing its certificate just now", next: "try again in a minute")
    }
  }

  /// Lets go in so many words: a process that this one is starting just now has a copy of the descriptor.
  deinit {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
