import CLinux
import Glibc
import Synchronization
import Threads

/// Simulated units on one serial line: a pseudo-terminal whose other end a gateway opens like a port.
public final class ModbusRTUServer: @unchecked Sendable {  // devices: the server's thread only
  /// What the gateway opens: a symbolic link to the pseudo-terminal.
  public let path: String
  public let faults = FaultBox()
  private let master: Int32
  /// Kept open, so that the line stays when a gateway closes it.
  private let slave: Int32
  private let wake: (read: Int32, write: Int32)
  private var devices: [UInt8: SimulatedDevice]
  private let clock = ServerClock()
  private let baud: Int?
  private let stopping = Atomic(false)
  private var thread: NamedThread?

  /// - Parameters:
  ///   - path: where the link is made; one that is there already is replaced, a file is not.
  ///   - baud: paces requests and replies like a line of that many bits a second; nil is as fast as it goes.
  public init(path: String, devices: [SimulatedDevice], baud: Int? = nil) throws(SimulatorError) {
    self.path = path
    self.baud = baud
    self.devices = Dictionary(devices.map { ($0.unit, $0) }) { first, _ in first }
    var number: Int32 = 0
    master = fieldgate_open_terminal(&number)
    guard master >= 0 else { throw SimulatorError("cannot open a pseudo-terminal") }
    let device = "/dev/pts/\(number)"
    slave = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard slave >= 0 else { throw SimulatorError("cannot open \(device)") }
    var settings = termios()
    tcgetattr(slave, &settings)
    cfmakeraw(&settings)
    tcsetattr(slave, TCSANOW, &settings)
    var known = stat()
    if lstat(path, &known) == 0, known.st_mode & S_IFMT == S_IFLNK { unlink(path) }
    guard symlink(device, path) == 0 else { throw SimulatorError("cannot make the link \(path)") }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SimulatorError("cannot make a pipe") }
    wake = (ends[0], ends[1])
    thread = NamedThread("modbus-rtu") { [self] in run() }
  }

  public func stop() {
    guard !stopping.exchange(true, ordering: .sequentiallyConsistent) else { return }
    var byte: UInt8 = 0
    _ = write(wake.write, &byte, 1)
    thread?.join()
    unlink(path)
    for descriptor in [master, slave, wake.read, wake.write] { close(descriptor) }
  }

  private func run() {
    var input: [UInt8] = []
    while !stopping.load(ordering: .sequentiallyConsistent) {
      var polls = [
        pollfd(fd: master, events: Int16(POLLIN), revents: 0), pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0),
      ]
      // A frame whose rest does not come is noise: it is dropped after a silence.
      let ready = poll(&polls, 2, input.isEmpty ? -1 : 50)
      if ready == 0 { input.removeAll() }
      guard polls[0].revents & Int16(POLLIN) != 0 else { continue }
      var buffer = [UInt8](repeating: 0, count: 512)
      let count = read(master, &buffer, buffer.count)
      guard count > 0 else { continue }
      input += buffer[..<count]
      while let length = Self.requestLength(input), input.count >= length {
        let frame = Array(input[..<length])
        input.removeFirst(length)
        guard Self.checksum(frame[...]) == 0 else {
          input.removeAll()
          break
        }
        answer(frame)
      }
      if input.count > 512 { input.removeAll() }
    }
  }

  /// Bytes of the request that begins here, nil while that is not known.
  private static func requestLength(_ input: [UInt8]) -> Int? {
    guard input.count >= 2 else { return nil }
    guard input[1] == 15 || input[1] == 16 else { return 8 }
    return input.count >= 7 ? 9 + Int(input[6]) : nil
  }

  private func answer(_ frame: [UInt8]) {
    pace(frame.count)
    let unit = frame[0]
    let fault = faults[unit]
    guard devices[unit] != nil, fault != .silent, fault != .drop else { return }
    var reply = devices[unit]?.answer(frame[1..<frame.count - 2], time: clock.elapsed) ?? []
    if case .exception(let code) = fault { reply = [frame[1] | 0x80, code] }
    var bytes = [unit] + reply
    let sum = Self.checksum(bytes[...])
    bytes += [UInt8(sum & 0xff), UInt8(sum >> 8)]
    if fault == .garbage { bytes[bytes.count - 1] ^= 0x55 }
    // One device talks at a time, so waiting here is what the line does too.
    if case .delay(let milliseconds) = fault { usleep(UInt32(milliseconds) * 1_000) }
    pace(bytes.count)
    _ = write(master, bytes, bytes.count)
  }

  /// Characters of 11 bits and the silence of 3.5 of them before each frame.
  private func pace(_ characters: Int) {
    guard let baud else { return }
    usleep(UInt32((Double(characters) + 3.5) * 11 / Double(baud) * 1e6))
  }

  /// CRC-16 of Modbus over serial line 1.02, section 6.2.2; 0 over a whole sound frame.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    var sum: UInt16 = 0xffff
    for byte in bytes {
      sum ^= UInt16(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xa001 : sum >> 1 }
    }
    return sum
  }
}
