import CLinux
import Glibc

/// A lock on a serial port, held as long as this value lives.
public final class PortClaim {
  /// Of the opened port, not blocking.
  public let descriptor: Int32
  /// Of the port: `/dev/ttyUSB0`.
  public let path: String
  private var isExclusive = false

  /// Opens the port, without touching its settings, and locks it.
  ///
  /// - Parameter device: its path, or a USB adapter (``USBPort/path(of:system:)``).
  public init(_ device: String) throws(PortFailure) {
    path = try USBPort.path(of: device)
    descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw PortFailure(code: errno) }
    guard fieldgate_lock_port(descriptor) == 0 else { throw PortFailure(code: errno) }
  }

  public var isPseudoTerminal: Bool { fieldgate_is_pseudo_terminal(descriptor) != 0 }

  /// From now on nobody but root can open the port, with or without asking for the lock. Open it for a library before.
  public func makeExclusive() throws(PortFailure) {
    guard fieldgate_make_port_exclusive(descriptor) == 0 else { throw PortFailure(code: errno) }
    isExclusive = true
  }

  deinit {
    guard descriptor >= 0 else { return }
    // The flag belongs to the port, not to us: while another program has the port open, it would outlive us.
    if isExclusive { fieldgate_end_port_exclusive(descriptor) }
    close(descriptor)
  }
}
