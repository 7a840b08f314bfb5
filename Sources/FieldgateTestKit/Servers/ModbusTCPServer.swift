import Glibc
import Synchronization
import Threads

/// Modbus TCP endpoints of 127.0.0.1, all served by one thread with poll(2).
public final class ModbusTCPServer: Sendable {
  /// In order of the endpoints.
  public let ports: [Int]
  /// The first endpoint's.
  public var port: Int { ports[0] }
  private let waker: Waker
  private let thread: NamedThread
  private let isStopped = Atomic(false)

  /// Listens and serves; returns when clients can connect.
  ///
  /// - Parameters:
  ///   - endpoints: the devices of each endpoint; at least one.
  ///   - host: an IPv4 address of this machine.
  ///   - port: of the first endpoint; the following ones take the following ports. 0: any free ports.
  /// - Throws: ``TestKitError`` when a port is taken.
  public init(_ endpoints: [SimulatedUnits], host: String = "127.0.0.1", port: Int = 0) throws {
    precondition(!endpoints.isEmpty, "a server needs an endpoint")
    var listeners: [ListeningSocket] = []
    do {
      for index in endpoints.indices {
        listeners.append(try ListeningSocket.open(host: host, port: port == 0 ? 0 : port + index))
      }
      waker = try Waker()
    } catch {
      for listener in listeners { close(listener.descriptor) }
      throw error
    }
    ports = listeners.map(\.port)
    let loop = TCPServerLoop(endpoints: endpoints, listeners: listeners.map(\.descriptor), waker: waker)
    thread = NamedThread("modbus-tcp") { loop.run() }
  }

  /// One endpoint.
  public convenience init(_ units: SimulatedUnits, host: String = "127.0.0.1", port: Int = 0) throws {
    try self.init([units], host: host, port: port)
  }

  /// Closes all connections and ends the thread; again it does nothing.
  public func stop() {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    waker.wake()
    thread.join()
  }
}
