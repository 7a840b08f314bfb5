import GatewayCore
import JSONText

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
    guard json else { return read.show(entries, points, output) }
    // As the daemon says it.
    output(
      JSONWriter.text { json in
        json.object { json in
          json.object("read") { json in
            json.array("entries") { json in for entry in entries { json.integer(entry) } }
          }
        }
      })
  }
}
