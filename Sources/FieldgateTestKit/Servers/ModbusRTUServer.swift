import Glibc
import Synchronization
import Threads

/// A Modbus RTU line: devices on a pseudo-terminal, served by one thread.
public final class ModbusRTUServer: Sendable {
  /// The symbolic link that clients open.
  public let path: String
  private let waker: Waker
  private let thread: NamedThread
  private let isStopped = Atomic(false)
  private let loop: RTUServerLoop

  /// Opens the line and serves; returns when clients can open it.
  ///
  /// - Parameters:
  ///   - link: path of the symbolic link to make; removed at the end.
  ///   - pace: bits a second of a simulated wire: a character takes 11 bits, requests and replies take their time, and
  ///     devices wait 3.5 characters before they answer. Nil: as fast as the machine.
  ///   - isStrict: devices ignore a request that comes before 3.5 characters of silence, as the specification wants it.
  /// - Throws: ``TestKitError`` when the line or the link cannot be made.
  public init(_ units: SimulatedUnits, link: String, pace: Int? = nil, isStrict: Bool = false) throws {
    path = link
    waker = try Waker()
    let loop = RTUServerLoop(
      units: units, link: link, terminal: try PseudoTerminal.open(link: link), pace: pace, isStrict: isStrict,
      waker: waker, record: Lock())
    self.loop = loop
    thread = NamedThread("modbus-rtu") { loop.run() }
  }

  /// What the line saw since the last call, or since the start.
  public func takeRecord() -> LineRecord { loop.takeRecord() }

  /// Removes the link and ends the thread; again it does nothing.
  public func stop() {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    waker.wake()
    thread.join()
  }
}
