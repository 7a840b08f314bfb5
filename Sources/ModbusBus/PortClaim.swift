import CModbus
import Glibc

/// A lock on a serial port, held as long as this value lives.
final class PortClaim {
  private let descriptor: Int32
  private var isExclusive = false

  init(_ device: String) throws(ModbusContext.Failure) {
    descriptor = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw ModbusContext.Failure(code: errno) }
    guard fieldgate_lock_port(descriptor) == 0 else { throw ModbusContext.Failure(code: errno) }
  }

  var isPseudoTerminal: Bool { fieldgate_is_pseudo_terminal(descriptor) != 0 }

  /// From now on nobody but root can open the port, with or without asking for the lock. Open it for libmodbus before.
  func makeExclusive() throws(ModbusContext.Failure) {
    guard fieldgate_make_port_exclusive(descriptor) == 0 else { throw ModbusContext.Failure(code: errno) }
    isExclusive = true
  }

  deinit {
    guard descriptor >= 0 else { return }
    // The flag belongs to the port, not to us: while another program has the port open, it would outlive us.
    if isExclusive { fieldgate_end_port_exclusive(descriptor) }
    close(descriptor)
  }
}
