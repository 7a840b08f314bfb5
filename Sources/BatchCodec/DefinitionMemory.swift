import Telemetry

/// Definitions of the devices of the batch before, with the bytes that spelled them: a gateway's batches spell the same ones
/// again and again, and making a thousand names costs more than the rest of a batch's head.
struct DefinitionMemory: Sendable {
  private var known: [(bytes: [UInt8], device: DeviceDefinition)] = []
  /// What the definitions read so far take in memory, roughly: a tag that two bytes spell takes a hundred.
  private(set) var madeBytes = 0

  /// Reads the definition of the device at a place of the layout.
  mutating func read(_ reader: inout ByteReader, at place: Int) throws(CodecError) -> DeviceDefinition {
    if place < known.count, reader.skip(known[place].bytes[...]) { return known[place].device }
    let start = reader.offset
    let device = try DefinitionCodec.readDevice(&reader)
    let bytes = reader.bytes(from: start)
    madeBytes += Self.memoryBytes(device, spelled: bytes.count)
    if place <= known.count {
      known.removeSubrange(place...)
      // A copy: the part would keep the whole body.
      known.append((Array(bytes), device))
    }
    return device
  }

  private static func memoryBytes(_ device: DeviceDefinition, spelled: Int) -> Int {
    device.tags.reduce(spelled * 3) { sum, tag in
      sum + MemoryLayout<TagDefinition>.stride + tag.names.count * MemoryLayout<ValueName>.stride
    }
  }
}
