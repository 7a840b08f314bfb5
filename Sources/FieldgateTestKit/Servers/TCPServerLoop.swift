import Glibc

/// The thread of a ``ModbusTCPServer``: accepts, reads, answers.
final class TCPServerLoop: @unchecked Sendable {  // used by its one thread only
  /// More clients are closed as soon as they connect.
  static let maximumClients = 512

  /// A request that is answered later.
  private struct LateRequest {
    var connection: Int
    var frame: TCPConnection.Frame
  }

  private let endpoints: [SimulatedUnits]
  private let listeners: [Int32]
  private let waker: Waker
  private var connections: [TCPConnection] = []
  private var late = DueTimes<LateRequest>()
  private var nextID = 0
  private var garbageCount = 0

  init(endpoints: [SimulatedUnits], listeners: [Int32], waker: Waker) {
    self.endpoints = endpoints
    self.listeners = listeners
    self.waker = waker
  }

  func run() {
    defer { for descriptor in listeners + connections.map(\.descriptor) { close(descriptor) } }
    var polled: [pollfd] = []
    while true {
      polled.removeAll(keepingCapacity: true)
      polled.append(pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0))
      for listener in listeners { polled.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
      for connection in connections {
        let events = connection.hasUnsent ? POLLIN | POLLOUT : POLLIN
        polled.append(pollfd(fd: connection.descriptor, events: Int16(events), revents: 0))
      }
      let timeout = late.timeoutMilliseconds(now: monotonicNanoseconds())
      guard poll(&polled, nfds_t(polled.count), timeout) >= 0 || errno == EINTR else { return }
      if polled[0].revents != 0 { return }
      answerLate()
      // From the last to the first: closing one leaves the places of those before it.
      for index in connections.indices.reversed() {
        let events = polled[1 + listeners.count + index].revents
        if events != 0, !serve(index, events) { drop(index) }
      }
      for (endpoint, listener) in listeners.enumerated() where polled[1 + endpoint].revents != 0 {
        acceptClients(listener, endpoint)
      }
    }
  }

  private func drop(_ index: Int) {
    close(connections[index].descriptor)
    connections.remove(at: index)
  }

  private func acceptClients(_ listener: Int32, _ endpoint: Int) {
    while true {
      let descriptor = accept(listener, nil, nil)
      guard descriptor >= 0 else { return }
      guard connections.count < Self.maximumClients else {
        close(descriptor)
        continue
      }
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      var one: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
      nextID += 1
      connections.append(TCPConnection(descriptor: descriptor, id: nextID, endpoint: endpoint))
    }
  }

  /// False when the connection is to be closed.
  private func serve(_ index: Int, _ events: Int16) -> Bool {
    if events & Int16(POLLOUT) != 0, !connections[index].flush() { return false }
    guard events & ~Int16(POLLOUT) != 0 else { return true }
    guard let frames = connections[index].receive() else { return false }
    for frame in frames where !answer(frame, index, isLate: false) { return false }
    return true
  }

  private func answer(_ frame: TCPConnection.Frame, _ index: Int, isLate: Bool) -> Bool {
    let units = endpoints[connections[index].endpoint]
    switch units.react(unit: frame.unit, request: frame.request, isLate: isLate) {
    case nil:
      // What a TCP-to-serial gateway says when no such device answers it.
      let reply = SimulatedDevice.exceptionReply(to: frame.request, ModbusException.gatewayTargetFailed.rawValue)
      return connections[index].send(reply, transaction: frame.transaction, unit: frame.unit)
    case .ignore: return true
    case .drop: return false
    case .reply(let reply):
      return connections[index].send(reply, transaction: frame.transaction, unit: frame.unit)
    case .damaged(.garbage, let reply): return sendGarbage(reply, frame, index)
    case .damaged(let damage, let reply):
      let content = damage.content(frame.unit, reply)
      return connections[index].send(content.reply, transaction: frame.transaction, unit: content.unit, damage)
    case .wait(let milliseconds):
      late.add(
        LateRequest(connection: connections[index].id, frame: frame),
        due: monotonicNanoseconds() + Int64(milliseconds) * 1_000_000)
      return true
    }
  }

  private func answerLate() {
    for request in late.takeDue(now: monotonicNanoseconds()) {
      guard let index = connections.firstIndex(where: { $0.id == request.connection }) else { continue }
      // What is wrong with the connection shows at its next poll: dropping it here would move the others' places.
      if !answer(request.frame, index, isLate: true) { shutdown(connections[index].descriptor, Int32(SHUT_RDWR)) }
    }
  }

  /// In turn: the reply to another request, to another function, and one that claims more bytes than it has.
  private func sendGarbage(_ reply: [UInt8], _ frame: TCPConnection.Frame, _ index: Int) -> Bool {
    garbageCount += 1
    var reply = reply
    var transaction = frame.transaction
    switch garbageCount % 3 {
    case 1: transaction &+= 0x5a5a
    case 2: reply[0] ^= 0x07
    default: if reply.count > 1 { reply[1] &+= 40 }
    }
    return connections[index].send(reply, transaction: transaction, unit: frame.unit)
  }
}
