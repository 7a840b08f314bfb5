import Glibc
import Synchronization
import Threads

/// A serial sensor on a pseudo-terminal, served by one thread.
public final class SerialSensorServer: Sendable {
  enum Order: Sendable {
    case fault(SerialFault?)
    case say([UInt8])
    case unplug
    case plugIn
  }

  /// The symbolic link that clients open.
  public let path: String
  private let waker: Waker
  private let thread: NamedThread
  private let orders = Mailbox<Order>(capacity: 64)
  private let isStopped = Atomic(false)

  /// Opens the line and serves; returns when clients can open it.
  ///
  /// - Parameters:
  ///   - link: path of the symbolic link to make; removed at the end.
  ///   - every: between two messages of a sensor that sends by itself.
  ///   - seed: of its noise.
  /// - Throws: ``TestKitError`` when the line or the link cannot be made.
  public init(_ kind: SerialSensorKind, link: String, every: Duration = .seconds(1), seed: UInt64 = 1) throws {
    path = link
    waker = try Waker()
    let loop = SerialSensorLoop(
      SimulatedSerialSensor(kind, seed: seed), link: link, terminal: try PseudoTerminal.open(link: link), every: every,
      waker: waker, orders: orders)
    thread = NamedThread("serial-sensor") { loop.run() }
  }

  /// From now on it has this fault; nil: none.
  public func setFault(_ fault: SerialFault?) { order(.fault(fault)) }

  /// It sends these bytes once.
  public func say(_ text: String) { order(.say(Array(text.utf8))) }

  /// The adapter is pulled out: clients see the line hang up, and the link is gone.
  public func unplug() { order(.unplug) }

  /// The adapter is back, under the same link with another port behind it.
  public func plugIn() { order(.plugIn) }

  private func order(_ order: Order) {
    orders.send(order, always: true)
    waker.wake()
  }

  /// Removes the link and ends the thread; again it does nothing.
  public func stop() {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    orders.send(.unplug, always: true)
    orders.send(.say([]), always: true)
    waker.wake()
    thread.join()
  }

  /// Buses and devices of a configuration that reads the sensor.
  public static func configuration(_ kind: SerialSensorKind, link: String, every: String = "1s") -> String {
    SerialSensorConfiguration(kind: kind, link: link, every: every).yaml
  }
}
