import Glibc
import Synchronization
import Threads

/// The daemon's side of the local API: JSON lines over a Unix socket, in `docs/formats/local-api.md`.
///
/// One thread serves all clients with poll(2). It only moves lines: what they mean is the engine's affair. A client that
/// sends a line of more than ``maximumLineBytes`` or does not read its answers is disconnected; nothing it does can make the
/// daemon's memory grow.
public final class LocalAPIServer: @unchecked Sendable {  // clients: one thread; orders: a mailbox
  public static let maximumClients = 32
  public static let maximumLineBytes = 64 << 10
  public static let maximumQueuedBytes = 1 << 20

  public enum Event: Sendable {
    /// A whole line, without its newline.
    case line(client: Int, [UInt8])
    /// The client is gone; its number is not used again.
    case closed(client: Int)
  }

  enum Order: Sendable {
    case send(client: Int, [UInt8])
    case close(client: Int)
    case stop
  }

  let path: String
  private let listener: Int32
  private let wakeRead: Int32
  private let wakeWrite: Int32
  private let orders = Mailbox<Order>(capacity: 4_096)
  private let onEvent: @Sendable (Event) -> Void
  private var clients: [Int: LocalAPIConnection] = [:]
  /// Whose program each client is; read by other threads.
  private let users = Mutex<[Int: String]>([:])
  private var nextClient = 1
  private var thread: NamedThread?

  /// Listens at once. A socket file that nobody listens on is replaced; one that answers is an error.
  ///
  /// - Parameter onEvent: called on the server's thread; must not block.
  public init(path: String, onEvent: @escaping @Sendable (Event) -> Void) throws(LocalAPIError) {
    self.path = path
    self.onEvent = onEvent
    listener = try UnixSocket.listen(path: path)
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      Glibc.close(listener)
      throw LocalAPIError("cannot make a pipe: \(UnixSocket.lastError())")
    }
    for end in ends { UnixSocket.prepare(end) }
    wakeRead = ends[0]
    wakeWrite = ends[1]
    thread = NamedThread("local-api") { [self] in run() }
  }

  /// Queues one line (its newline is added here). False when the server cannot take more.
  @discardableResult
  public func send(_ line: [UInt8], to client: Int) -> Bool {
    let accepted = orders.send(.send(client: client, line))
    wake()
    return accepted
  }

  /// The user whose program the client is, as the kernel says (SO_PEERCRED, unix(7)): nothing the client can choose. Nil
  /// for one that is gone.
  public func user(of client: Int) -> String? {
    users.withLock { $0[client] }
  }

  /// Ends the connection after what is queued has been written.
  public func close(_ client: Int) {
    orders.send(.close(client: client), always: true)
    wake()
  }

  public func stop() {
    orders.send(.stop, always: true)
    wake()
    thread?.join()
    thread = nil
    unlink(path)
  }

  private func wake() {
    var byte: UInt8 = 1
    _ = write(wakeWrite, &byte, 1)
  }

  private func run() {
    while true {
      var polls = [
        pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
        pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0),
      ]
      let numbers = clients.keys.sorted()
      for number in numbers {
        let wanted = POLLIN | (clients[number]!.hasOutput ? POLLOUT : 0)
        polls.append(pollfd(fd: clients[number]!.descriptor, events: Int16(wanted), revents: 0))
      }
      _ = poll(&polls, nfds_t(polls.count), -1)
      guard takeOrders() else { return end() }
      for (index, number) in numbers.enumerated() { serve(number, ready: Int32(polls[index + 2].revents)) }
      if polls[0].revents != 0 { accept() }
    }
  }

  private func takeOrders() -> Bool {
    var drain = [UInt8](repeating: 0, count: 256)
    while read(wakeRead, &drain, drain.count) > 0 {}
    for order in orders.receive(timeout: .zero) {
      switch order {
      case .stop: return false
      case .close(let number):
        clients[number]?.closesWhenWritten = true
        serve(number, ready: 0)
      case .send(let number, let line):
        guard let client = clients[number] else { continue }
        if client.queue(line, limit: Self.maximumQueuedBytes) { serve(number, ready: 0) } else { drop(number) }
      }
    }
    return true
  }

  private func accept() {
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else { return }
    UnixSocket.prepare(descriptor)
    guard clients.count < Self.maximumClients else {
      Glibc.close(descriptor)
      return
    }
    clients[nextClient] = LocalAPIConnection(descriptor: descriptor)
    let (number, user) = (nextClient, UnixSocket.peer(descriptor))
    users.withLock { $0[number] = user }
    nextClient += 1
  }

  private func serve(_ number: Int, ready: Int32) {
    guard let client = clients[number] else { return }
    if ready & (POLLIN | POLLHUP | POLLERR) != 0 {
      guard let lines = client.readLines(limit: Self.maximumLineBytes) else { return drop(number) }
      for line in lines { onEvent(.line(client: number, line)) }
    }
    if !client.writeQueued() || (client.closesWhenWritten && !client.hasOutput) { drop(number) }
  }

  private func drop(_ number: Int) {
    guard let client = clients.removeValue(forKey: number) else { return }
    client.close()
    users.withLock { $0[number] = nil }
    onEvent(.closed(client: number))
  }

  private func end() {
    for client in clients.values {
      _ = client.writeQueued()
      client.close()
    }
    clients.removeAll()
    Glibc.close(listener)
    Glibc.close(wakeRead)
    Glibc.close(wakeWrite)
  }
}
