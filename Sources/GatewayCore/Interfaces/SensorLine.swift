/// A serial line with sensors that speak no Modbus, as its machine sees it. One thread owns it.
public protocol SensorLine: AnyObject {
  /// Opens the port. Does nothing when it is open.
  func open() throws(FieldBusError)

  /// Sends bytes, after a break where asked for. Blocks until the port has taken them, at most some seconds.
  func send(_ bytes: [UInt8], withBreak: Bool) throws(FieldBusError)

  /// What came, after at most `timeout`; empty when nothing did. An error leaves the port closed.
  func receive(timeout: Duration) throws(FieldBusError) -> [UInt8]

  func close()
}
