import CModbus
import Glibc

/// A lock on a serial port, held as long as this value lives.
final class PortClaim {
  private let descriptor: Int32

  init(_ device: String) throws(ModbusContext.Failure) {
    descriptor = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw ModbusContext.Failure(code: errno) }
    guard fieldgate_lock_port(descriptor) == 0 else { throw ModbusContext.Failure(code: errno) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }
}
