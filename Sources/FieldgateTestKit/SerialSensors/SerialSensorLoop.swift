import Glibc
import Telemetry
import Threads

/// The thread of a ``SerialSensorServer``.
final class SerialSensorLoop: @unchecked Sendable {  // used by its one thread only
  private var sensor: SimulatedSerialSensor
  private let link: String
  private var terminal: PseudoTerminal?
  private let every: Int64
  private let waker: Waker
  private let orders: Mailbox<SerialSensorServer.Order>
  private var input: [UInt8] = []
  private var nextMessage: Int64
  private var later = DueTimes<[UInt8]>()

  init(
    _ sensor: SimulatedSerialSensor, link: String, terminal: PseudoTerminal, every: Duration, waker: Waker,
    orders: Mailbox<SerialSensorServer.Order>
  ) {
    self.sensor = sensor
    self.link = link
    self.terminal = terminal
    self.every = max(1_000_000, every.wholeNanoseconds)
    self.waker = waker
    self.orders = orders
    nextMessage = monotonicNanoseconds() + self.every
  }

  func run() {
    defer { terminal?.remove() }
    while true {
      var polled = [pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0)]
      if let terminal { polled.append(pollfd(fd: terminal.descriptor, events: Int16(POLLIN), revents: 0)) }
      let timeout = later.timeoutMilliseconds(
        now: monotonicNanoseconds(), orBefore: sensor.kind.isAsked ? nil : nextMessage)
      guard poll(&polled, nfds_t(polled.count), timeout) >= 0 || errno == EINTR else { return }
      if polled[0].revents != 0, !takeOrders() { return }
      if polled.count == 2, polled[1].revents != 0 { receive() }
      let now = monotonicNanoseconds()
      if nextMessage <= now {
        nextMessage += every * ((now - nextMessage) / every + 1)
        transmit(sensor.messages())
      }
      for bytes in later.takeDue(now: now) { transmit(bytes) }
    }
  }

  /// False at the end.
  private func takeOrders() -> Bool {
    var count: UInt64 = 0
    _ = read(waker.descriptor, &count, 8)
    for order in orders.receive(timeout: .zero) {
      switch order {
      case .fault(let fault): sensor.fault = fault
      case .say(let bytes):
        if bytes.isEmpty { return false }
        transmit(bytes)
      case .unplug:
        terminal?.remove()
        terminal = nil
        input = []
        later = DueTimes()
      case .plugIn:
        if terminal == nil { terminal = try? PseudoTerminal.open(link: link) }
      }
    }
    return true
  }

  private func receive() {
    guard let terminal else { return }
    input += withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1_024) { buffer in
      let count = retryInterrupted { read(terminal.descriptor, buffer.baseAddress, buffer.count) }
      return Array(buffer[..<max(count, 0)])
    }
    // Nobody asks in longer words.
    if input.count > 4_096 { input = [] }
    while true {
      let before = input.count
      let answer = sensor.answer(&input)
      if let answer {
        if case .late(let milliseconds) = sensor.fault {
          later.add(answer, due: monotonicNanoseconds() + Int64(milliseconds) * 1_000_000)
        } else {
          transmit(answer)
        }
      }
      if input.count == before { return }
    }
  }

  /// What a client does not take is lost, as on a wire.
  private func transmit(_ bytes: [UInt8]) {
    guard let terminal, !bytes.isEmpty else { return }
    _ = retryInterrupted { write(terminal.descriptor, bytes, bytes.count) }
  }
}
