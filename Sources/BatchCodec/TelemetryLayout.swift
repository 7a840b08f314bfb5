import Telemetry

/// The beginning of a telemetry body: which devices, and how many rows of what.
struct TelemetryLayout {
  private(set) var catalogue: Catalogue
  /// Indices into the catalogue; no rows where a device has aggregates only.
  private(set) var entries: [(device: Int, rows: Int)] = []
  private(set) var aggregates: [(device: Int, period: Int64, rows: Int)] = []
  private var records = 0

  /// With a catalogue: of a frame. Without one: of a batch, whose catalogue is made from it.
  init(
    _ reader: inout ByteReader, catalogue given: Catalogue?, memory: inout DefinitionMemory
  ) throws(CodecError) {
    catalogue = given ?? Catalogue(devices: [])
    for _ in 0..<(try reader.count("devices", limit: BatchLimits.maximumDevices)) {
      let device: Int
      if let given {
        device = try reader.count("device index", limit: max(0, given.devices.count - 1))
        guard device < given.devices.count else {
          throw CodecError(.malformed, offset: reader.offset, "a device that the catalogue does not hold")
        }
      } else {
        device = catalogue.devices.count
        catalogue.devices.append(try memory.read(&reader, at: device))
      }
      entries.append((device, try rows(&reader, device: device)))
    }
    for _ in 0..<(try reader.count("blocks of aggregates", limit: BatchLimits.maximumAggregateBlocks)) {
      let entry = try reader.count("device of aggregates", limit: max(0, entries.count - 1))
      let period = Int64(bitPattern: try reader.varint("period"))
      guard entry < entries.count, period > 0 else {
        throw CodecError(.malformed, offset: reader.offset, "aggregates of no device, or over \(period) ms")
      }
      let device = entries[entry].device
      let count = try rows(&reader, device: device)
      guard count > 0 else { throw CodecError(.malformed, offset: reader.offset, "aggregates without rows") }
      aggregates.append((device, period, count))
    }
  }

  private mutating func rows(_ reader: inout ByteReader, device: Int) throws(CodecError) -> Int {
    let count = try reader.count("rows", limit: BatchLimits.maximumRecords)
    records += count * catalogue.devices[device].tags.count
    guard records <= BatchLimits.maximumRecords else {
      throw CodecError(.limitExceeded, offset: reader.offset, "\(count) rows make \(records) samples")
    }
    return count
  }
}
