import Glibc
import Synchronization
import Threads

/// Simulated units behind one Modbus TCP endpoint on the loopback interface. One thread serves all clients.
public final class ModbusTCPServer: @unchecked Sendable {  // devices and clients: the server's thread only
  public static let maximumClients = 256
  /// Header of 7 bytes and 253 of data (Modbus messaging on TCP/IP 1.0b, section 3.1).
  static let maximumFrameBytes = 260

  private struct Client {
    var input: [UInt8] = []
  }

  private struct Late {
    var client: Int32
    var due: Double
    var bytes: [UInt8]
  }

  public let port: Int
  public let faults = FaultBox()
  private let listener: Int32
  private let wake: (read: Int32, write: Int32)
  private var devices: [UInt8: SimulatedDevice]
  private var clients: [Int32: Client] = [:]
  private var late: [Late] = []
  private let clock = ServerClock()
  private let stopping = Atomic(false)
  private var thread: NamedThread?

  /// - Parameter port: 0 for a free one.
  public init(port: Int = 0, devices: [SimulatedDevice]) throws(SimulatorError) {
    self.devices = Dictionary(devices.map { ($0.unit, $0) }) { first, _ in first }
    (listener, self.port) = try LoopbackSocket.listen(port: port)
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SimulatorError("cannot make a pipe") }
    wake = (ends[0], ends[1])
    thread = NamedThread("modbus-tcp") { [self] in run() }
  }

  public func stop() {
    guard !stopping.exchange(true, ordering: .sequentiallyConsistent) else { return }
    var byte: UInt8 = 0
    _ = write(wake.write, &byte, 1)
    thread?.join()
    for descriptor in [listener, wake.read, wake.write] + clients.keys { close(descriptor) }
  }

  private func run() {
    while !stopping.load(ordering: .sequentiallyConsistent) {
      var polls = [
        pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
        pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0),
      ]
      for descriptor in clients.keys { polls.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)) }
      let next = late.map(\.due).min().map { max(0, Int32(($0 - clock.elapsed) * 1_000) + 1) } ?? -1
      _ = poll(&polls, nfds_t(polls.count), next)
      sendLate()
      if polls[0].revents != 0 { accept() }
      for poll in polls.dropFirst(2) where poll.revents != 0 { serve(poll.fd) }
    }
  }

  private func accept() {
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else { return }
    guard clients.count < Self.maximumClients else {
      close(descriptor)
      return
    }
    LoopbackSocket.prepare(descriptor)
    clients[descriptor] = Client()
  }

  private func drop(_ descriptor: Int32) {
    clients[descriptor] = nil
    late.removeAll { $0.client == descriptor }
    close(descriptor)
  }

  private func serve(_ descriptor: Int32) {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0, var input = clients[descriptor]?.input else { return drop(descriptor) }
    input += buffer[..<count]
    while input.count >= 8 {
      let length = 6 + (Int(input[4]) << 8 | Int(input[5]))
      guard length >= 8, length <= Self.maximumFrameBytes else { return drop(descriptor) }
      guard input.count >= length else { break }
      guard answer(Array(input[..<length]), to: descriptor) else { return drop(descriptor) }
      input.removeFirst(length)
    }
    clients[descriptor]?.input = input
  }

  /// False when the connection is to be closed.
  private func answer(_ frame: [UInt8], to descriptor: Int32) -> Bool {
    let unit = frame[6]
    let fault = faults[unit]
    if fault == .drop { return false }
    guard devices[unit] != nil, fault != .silent else { return true }
    var reply = devices[unit]?.answer(frame[7...], time: clock.elapsed) ?? []
    if case .exception(let code) = fault { reply = [frame[7] | 0x80, code] }
    let length = reply.count + 1
    var head = Array(frame[..<4]) + [UInt8(length >> 8), UInt8(length & 0xff), unit]
    if fault == .garbage { head[1] ^= 0x55 }
    let bytes = head + reply
    if case .delay(let milliseconds) = fault {
      late.append(Late(client: descriptor, due: clock.elapsed + Double(milliseconds) / 1_000, bytes: bytes))
      return true
    }
    return send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  private func sendLate() {
    let now = clock.elapsed
    for entry in late where entry.due <= now {
      _ = send(entry.client, entry.bytes, entry.bytes.count, Int32(MSG_NOSIGNAL))
    }
    late.removeAll { $0.due <= now }
  }
}

/// Listening sockets on 127.0.0.1.
enum LoopbackSocket {
  static func listen(port: Int) throws(SimulatorError) -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SimulatorError("cannot make a socket") }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failed = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) != 0 || Glibc.listen(descriptor, 64) != 0
          || getsockname(descriptor, $0, &length) != 0
      }
    }
    guard !failed else {
      let error = SimulatorError("cannot listen on 127.0.0.1:\(port)")
      close(descriptor)
      throw error
    }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }

  static func prepare(_ descriptor: Int32) {
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }
}
