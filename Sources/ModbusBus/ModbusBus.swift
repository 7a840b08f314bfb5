public import GatewayCore
import Telemetry

/// A Modbus TCP endpoint or RTU line, spoken to with libmodbus.
///
/// Not for several threads: like every ``FieldBus``, it belongs to the one that polls it. Timing, errors and how late
/// replies are kept away are described in `docs/modbus.md`.
public final class ModbusBus: FieldBus {
  private enum Link {
    case tcp(TCPLink)
    case serial(SerialLink)
  }

  private let link: Link
  private let text: FailureText
  private var isOpen = false

  /// - Parameters:
  ///   - timeout: how long a device may take to answer, 10 ms to 60 s; on a serial line the time that the bytes take
  ///     on the wire is added. Connecting to a TCP endpoint may take as long.
  ///   - silence: kept between two frames of a serial line; nil: 3.5 characters, or 1.75 ms above 19200 baud.
  ///   - direction: for a port whose driver switches the transceiver; nil: nothing needs to.
  ///   - name: of the bus, for error texts.
  public init(
    endpoint: ModbusEndpoint, timeout: Duration, silence: Duration? = nil, direction: RS485Direction? = nil,
    name: String
  ) {
    text = FailureText(name: name, endpoint: endpoint, timeout: timeout)
    switch endpoint {
    case .tcp(let host, let port):
      link = .tcp(TCPLink(host: host, port: port, timeout: timeout, text: text))
    case .rtu(let device, let baud, let parity, let stopBits):
      link = .serial(
        SerialLink(
          device: device, baud: baud, parity: parity, stopBits: stopBits, timeout: timeout,
          timing: SerialTiming(baud: baud, parity: parity, stopBits: stopBits, silence: silence), direction: direction,
          text: text))
    }
  }

  public func open() throws(FieldBusError) {
    guard !isOpen else { return }
    switch link {
    case .tcp(let link): try link.connect()
    case .serial(let link): try link.open()
    }
    isOpen = true
  }

  /// Blocks for about the time-out at most, or a few times that when a broken connection is made anew or late replies
  /// must be let pass first.
  public func read(_ request: ReadRequest) throws(FieldBusError) -> [UInt16] {
    precondition(
      (1...request.table.maximumReadCount).contains(request.count), "a read asks for 1 entry to the table's maximum")
    guard isOpen else { throw text.error(.busDown, "\(text.endpoint.place) is not open") }
    do {
      switch link {
      case .tcp(let link): return try link.read(request)
      case .serial(let link): return try link.read(request)
      }
    } catch {
      if error.isBusDown { close() }
      throw error
    }
  }

  public func write(_ request: WriteRequest, isWanted: () -> Bool) -> WriteResult {
    guard isOpen else { return .notSent(text.error(.busDown, "\(text.endpoint.place) is not open")) }
    let result =
      switch link {
      case .tcp(let link): link.write(request, isWanted: isWanted)
      case .serial(let link): link.write(request, isWanted: isWanted)
      }
    switch result {
    case .unknown(let error), .notSent(let error): if error.isBusDown { close() }
    case .acknowledged, .refused, .expired: break
    }
    return result
  }

  public func ask(_ request: RawRequest, timeout: Duration) throws(FieldBusError) -> [UInt8] {
    guard isOpen else { throw text.error(.busDown, "\(text.endpoint.place) is not open") }
    do {
      switch link {
      case .tcp(let link): return try link.ask(request, timeout: timeout)
      case .serial(let link): return try link.ask(request, timeout: timeout)
      }
    } catch {
      if error.isBusDown { close() }
      throw error
    }
  }

  public var lateReplies: Int {
    switch link {
    case .tcp: 0
    case .serial(let link): link.lateReplies
    }
  }

  public func close() {
    isOpen = false
    switch link {
    case .tcp(let link): link.close()
    case .serial(let link): link.close()
    }
  }
}
