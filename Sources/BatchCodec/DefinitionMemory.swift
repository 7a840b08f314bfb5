import Telemetry

/// Definitions of the devices of the batch before, with the bytes that spelled them: a gateway's batches spell the same ones
/// again and again, and making a thousand names costs more than the rest of a batch's head.
struct DefinitionMemory: Sendable {
  private var known: [(bytes: ArraySlice<UInt8>, device: DeviceDefinition)] = []

  /// Reads the definition of the device at a place of the layout.
  mutating func read(_ reader: inout ByteReader, at place: Int) throws(CodecError) -> DeviceDefinition {
    if place < known.count, reader.skip(known[place].bytes) { return known[place].device }
    let start = reader.offset
    let device = try DefinitionCodec.readDevice(&reader)
    if place <= known.count {
      known.removeSubrange(place...)
      known.append((reader.bytes(from: start), device))
    }
    return device
  }
}
