import CLinux
import Glibc

/// An open serial port of our own: locked, exclusive, raw.
///
/// Not for several threads, but ``wake()``.
public final class SerialPort {
  /// Most bytes of one read.
  public static let maximumRead = 4_096

  public let settings: PortSettings
  private let claim: PortClaim
  private var descriptor: Int32 { claim.descriptor }
  private let waker: PortWaker

  /// Opens and sets the port; what lies unread in it is thrown away.
  ///
  /// Bytes with parity or framing errors come marked, as PARMRK of termios(3) says.
  public init(_ settings: PortSettings, waker: PortWaker) throws(PortFailure) {
    self.settings = settings
    self.waker = waker
    claim = try PortClaim(settings.device)
    try Self.set(claim, settings)
    try claim.makeExclusive()
    tcflush(claim.descriptor, TCIOFLUSH)
  }

  private static func set(_ claim: PortClaim, _ settings: PortSettings) throws(PortFailure) {
    var terminal = termios()
    guard tcgetattr(claim.descriptor, &terminal) == 0 else { throw PortFailure(code: errno) }
    cfmakeraw(&terminal)
    guard let rate = rate(settings.baud) else { throw PortFailure(code: EINVAL) }
    cfsetispeed(&terminal, rate)
    cfsetospeed(&terminal, rate)
    // Without HUPCL a restart of the gateway does not reset boards that listen to DTR.
    terminal.c_cflag &= ~tcflag_t(CSIZE | PARENB | PARODD | CSTOPB | HUPCL) & ~CRTSCTS
    terminal.c_cflag |= tcflag_t(CREAD | CLOCAL)
    // A pseudo-terminal has eight bits and no parity, whatever is asked for.
    let isReal = !claim.isPseudoTerminal
    terminal.c_cflag |= tcflag_t(settings.dataBits == 7 && isReal ? CS7 : CS8)
    if settings.parity != .none, isReal { terminal.c_cflag |= tcflag_t(PARENB) }
    if settings.parity == .odd, isReal { terminal.c_cflag |= tcflag_t(PARODD) }
    if settings.stopBits == 2 { terminal.c_cflag |= tcflag_t(CSTOPB) }
    if settings.flowControl == .hardware { terminal.c_cflag |= CRTSCTS }
    if settings.flowControl == .software { terminal.c_iflag |= tcflag_t(IXON | IXOFF) }
    terminal.c_iflag &= ~tcflag_t(IGNPAR | IGNBRK | BRKINT)
    terminal.c_iflag |= tcflag_t(INPCK | PARMRK)
    guard tcsetattr(claim.descriptor, TCSANOW, &terminal) == 0 else { throw PortFailure(code: errno) }
    // tcsetattr is content when it could change anything at all.
    var found = termios()
    guard tcgetattr(claim.descriptor, &found) == 0 else { throw PortFailure(code: errno) }
    let looked = tcflag_t(CSIZE | PARENB | PARODD)
    guard found.c_cflag & looked == terminal.c_cflag & looked, cfgetispeed(&found) == rate else {
      throw PortFailure(code: EINVAL)
    }
  }

  private static func rate(_ baud: Int) -> speed_t? {
    let known: [Int: Int32] = [
      1_200: B1200, 2_400: B2400, 4_800: B4800, 9_600: B9600, 19_200: B19200, 38_400: B38400, 57_600: B57600,
      115_200: B115200, 230_400: B230400, 460_800: B460800, 500_000: B500000, 576_000: B576000, 921_600: B921600,
    ]
    return known[baud].map { speed_t($0) }
  }

  /// Waits for bytes, at most for so long or until somebody calls ``PortWaker/wake()``; empty when none came.
  ///
  /// - Throws: what happened to the port; it must be closed then.
  public func receive(timeout: Duration) throws(PortFailure) -> [UInt8] {
    var polled = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    let (seconds, attoseconds) = max(.zero, min(timeout, .seconds(3_600))).components
    // Rounded up, so that the last wait does not turn into a busy loop.
    let milliseconds = seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    guard poll(&polled, 2, Int32(milliseconds)) > 0 else { return [] }
    if polled[1].revents != 0 { waker.forget() }
    guard polled[0].revents != 0 else { return [] }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.maximumRead) { buffer, count in
      let got = read(descriptor, buffer.baseAddress, buffer.count)
      if got == 0 { failure = ENODEV }
      if got < 0, errno != EAGAIN, errno != EINTR { failure = errno }
      count = max(0, got)
    }
    guard failure == 0 else { throw PortFailure(code: failure) }
    return bytes
  }

  /// Longest wait for room in the port's buffer.
  private static let writeTimeout: Int32 = 2_000

  /// Hands all bytes to the port. `ETIMEDOUT` when it takes none for two seconds: the other end stopped the flow.
  public func send(_ bytes: [UInt8]) throws(PortFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
        continue
      }
      guard errno == EAGAIN || errno == EINTR else { throw PortFailure(code: errno) }
      var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&polled, 1, Self.writeTimeout) != 0 else { throw PortFailure(code: ETIMEDOUT) }
    }
  }

  /// Holds the line at spacing for `length`, then lets it rest at marking for `rest`. Ports that can send no break (pseudo-
  /// terminals) only wait.
  public func sendBreak(length: Duration, rest: Duration) {
    fieldgate_ioctl_none(descriptor, UInt(TIOCSBRK))
    Self.sleep(length)
    fieldgate_ioctl_none(descriptor, UInt(TIOCCBRK))
    Self.sleep(rest)
  }

  private static func sleep(_ duration: Duration) {
    var time = timespec(
      tv_sec: Int(duration.components.seconds), tv_nsec: Int(duration.components.attoseconds / 1_000_000_000))
    var left = timespec()
    while nanosleep(&time, &left) != 0 && errno == EINTR { time = left }
  }
}
