import GatewayCore
import Glibc
import Telemetry

/// Modbus TCP: one connection, made anew whenever its state is in doubt.
///
/// After a time-out or a reply that does not fit, the connection is closed at once, so that a late reply has nowhere to
/// arrive; the next read connects again. Besides, libmodbus compares the transaction id of every reply.
final class TCPLink {
  private let host: String
  private let port: Int
  let timeout: Duration
  let text: FailureText
  /// Nil when there was no memory for it.
  let context = ModbusContext()
  /// No request is sent before: the device that answered last needs so long.
  var restUntil = MonotonicTime.zero

  init(host: String, port: Int, timeout: Duration, text: FailureText) {
    self.host = host
    self.port = port
    self.timeout = timeout
    self.text = text
  }

  var isConnected: Bool { (context?.descriptor ?? -1) >= 0 }

  func close() {
    context?.close()
  }

  func connect() throws(FieldBusError) {
    close()
    do throws(TCPConnector.Failure) {
      guard let context else {
        throw TCPConnector.Failure(cause: "out of memory", advice: "see what else uses the gateway's memory")
      }
      context.attach(try TCPConnector.connect(host: host, port: port, timeout: timeout))
    } catch {
      throw text.error(.busDown, "cannot connect to \(text.endpoint.place): \(error.cause); \(error.advice)")
    }
  }

  /// Takes at most twice the time-out for connecting and twice for replies; once each unless the connection broke.
  func read(_ request: ReadRequest) throws(FieldBusError) -> [UInt16] {
    if isConnected && !isIdle { close() }
    let isFresh = !isConnected
    if isFresh { try connect() }
    do {
      return try exchange(request)
    } catch {
      guard FailureText.reason(error.code) == .busDown else { throw text.read(request, error) }
      guard !isFresh else { throw text.read(request, error) }
    }
    // Devices close connections that they find idle, and the news may cross the request. Reads change nothing, so
    // asking once more on a new connection is safe.
    try connect()
    do {
      return try exchange(request)
    } catch {
      throw text.read(request, error)
    }
  }

  private func exchange(_ request: ReadRequest) throws(ModbusContext.Failure) -> [UInt16] {
    guard let context, isConnected else { throw ModbusContext.Failure(code: ENOTCONN) }
    MonotonicClock.sleep(until: restUntil)
    defer {
      if request.pacing.turnRound > .zero { restUntil = MonotonicClock.now + request.pacing.turnRound }
    }
    do {
      return try context.exchange(request, timeout: request.pacing.timeout ?? timeout)
    } catch {
      // An exception is a whole reply to this request, and EINVAL means that nothing was sent.
      switch FailureText.reason(error.code) {
      case .exception, .inputOutput: break
      default: close()
      }
      throw error
    }
  }

  /// Nothing waits to be read: neither a reply that nobody asked for nor the end of the connection.
  var isIdle: Bool {
    !MonotonicClock.wait(context?.descriptor ?? -1, for: POLLIN, until: .zero)
  }
}
