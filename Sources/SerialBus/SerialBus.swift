public import GatewayCore
public import SerialPort
import Telemetry

/// A serial port with sensors that speak no Modbus.
public final class SerialBus: SensorLine {
  /// SDI-12 1.4, section 7.2: at least 12 ms of spacing, then at least 8.33 ms of marking.
  static let breakLength = Duration.milliseconds(15)
  static let breakRest = Duration.milliseconds(10)

  private let settings: PortSettings
  private let name: String
  private let waker: PortWaker
  private var port: SerialPort?

  /// - Parameter name: of the bus, for error texts.
  public init(_ settings: PortSettings, name: String, waker: PortWaker) {
    self.settings = settings
    self.name = name
    self.waker = waker
  }

  public func open() throws(FieldBusError) {
    guard port == nil else { return }
    do throws(PortFailure) {
      port = try SerialPort(settings, waker: waker)
    } catch {
      throw FieldBusError(
        .busDown,
        "bus \(name): cannot open \(settings.device) (\(error.text)); \(error.advice(on: settings.device))")
    }
  }

  public func send(_ bytes: [UInt8], withBreak: Bool) throws(FieldBusError) {
    guard let port else { throw lost("it is not open") }
    if withBreak { port.sendBreak(length: Self.breakLength, rest: Self.breakRest) }
    do throws(PortFailure) {
      try port.send(bytes)
    } catch {
      throw lost(error.text)
    }
  }

  public func receive(timeout: Duration) throws(FieldBusError) -> [UInt8] {
    guard let port else { throw lost("it is not open") }
    do throws(PortFailure) {
      return try port.receive(timeout: timeout)
    } catch {
      throw lost(error.text)
    }
  }

  public func close() { port = nil }

  private func lost(_ text: String) -> FieldBusError {
    close()
    return FieldBusError(
      .busDown,
      "bus \(name): lost \(settings.device) (\(text)); it is opened again as soon as it is back; check the adapter "
        + "and its cable")
  }
}
