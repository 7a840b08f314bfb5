import CLinux
import FieldgateTestKit
import Glibc
import Synchronization
import Threads

/// A device on a pseudo-terminal that understands its master at one baud rate only, as one on a real line.
///
/// The kernel shows our end the settings that the client made; parity is not among them, because it keeps none.
final class OneBaudDevice: Sendable {
  let path: String
  private let thread: NamedThread

  init(unit: UInt8, rate: Int32) throws {
    // The client's end is kept open, so that the line does not hang up between two settings.
    var ends: (ours: Int32, client: Int32) = (-1, -1)
    var name = [CChar](repeating: 0, count: 128)
    guard openpty(&ends.ours, &ends.client, &name, nil, nil) == 0 else {
      throw TestKitError("cannot open a pseudo-terminal")
    }
    let (descriptor, other) = ends
    path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    var settings = termios()
    tcgetattr(other, &settings)
    cfmakeraw(&settings)
    tcsetattr(other, TCSANOW, &settings)
    for descriptor in [descriptor, other] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    let end = Ending()
    ending = end
    thread = NamedThread("one-baud-device") {
      while !end.isWanted.load(ordering: .relaxed) { Self.serve(descriptor, unit, speed_t(rate)) }
      close(descriptor)
      close(other)
    }
  }

  private final class Ending: Sendable { let isWanted = Atomic(false) }
  private let ending: Ending

  func stop() {
    ending.isWanted.store(true, ordering: .relaxed)
    thread.join()
  }

  /// Answers a read of holding registers with 42, anything else with "illegal function".
  private static func serve(_ descriptor: Int32, _ unit: UInt8, _ rate: speed_t) {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&polled, 1, 50) > 0 else { return }
    var request = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &request, request.count)
    var settings = termios()
    guard count >= 4, tcgetattr(descriptor, &settings) == 0, cfgetospeed(&settings) == rate, request[0] == unit else {
      return
    }
    let body = request[1] == 3 ? [unit, 3, 2, 0, 42] : [unit, request[1] | 0x80, 1]
    let sum = checkSum(body)
    let reply = body + [UInt8(sum & 0xff), UInt8(sum >> 8)]
    _ = write(descriptor, reply, reply.count)
  }

  private static func checkSum(_ bytes: [UInt8]) -> UInt16 {
    bytes.reduce(0xffff) { sum, byte in
      (0..<8).reduce(sum ^ UInt16(byte)) { sum, _ in sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xa001 }
    }
  }
}
