import CLinux
import Glibc

/// Wakes a thread that waits in poll(2).
final class Waker: Sendable {
  let descriptor: Int32

  init() throws(TestKitError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else { throw TestKitError("cannot make an event descriptor: \(errorText())") }
  }

  deinit { close(descriptor) }

  func wake() {
    var one: UInt64 = 1
    _ = retryInterrupted { write(descriptor, &one, 8) }
  }
}
