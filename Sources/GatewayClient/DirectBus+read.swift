import GatewayCore
import ModbusBus

extension DirectBus {
  /// Opens the bus, reads once and prints each value with its registers.
  public func read(_ read: RawRead, json: Bool, output: (String) -> Void) throws {
    let (request, points) = try read.request()
    let modbus = modbus()
    let entries: [UInt16]
    do throws(FieldBusError) {
      try modbus.open()
      defer { modbus.close() }
      entries = try modbus.read(request)
    } catch {
      throw Self.failure(error)
    }
    read.show(entries, points, json: json, output)
  }
}
