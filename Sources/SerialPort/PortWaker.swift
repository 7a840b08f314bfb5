import CLinux
import Glibc

/// Ends the wait of a ``SerialPort`` from another thread.
public final class PortWaker: Sendable {
  let descriptor: Int32

  public init() {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  public func wake() {
    var one: UInt64 = 1
    _ = write(descriptor, &one, 8)
  }

  func forget() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
  }
}
