public import Telemetry

/// Bytes of a whole catalogue, as the outbox keeps it once for all frames that refer to it.
public enum CatalogueCodec {
  public static func encode(_ catalogue: Catalogue) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(varint: catalogue.devices.count)
    for device in catalogue.devices { DefinitionCodec.append(device, to: &writer) }
    writer.append(fixed: CRC32C.checksum(writer.bytes[...]))
    return writer.bytes
  }

  public static func decode(_ bytes: [UInt8]) throws(CodecError) -> Catalogue {
    let end = bytes.count - BatchCodec.checksumBytes
    guard end > 0 else { throw CodecError(.truncated, offset: bytes.count, "too short for a catalogue") }
    try BatchCodec.verifyChecksum(bytes[...], end: end)
    var reader = ByteReader(Array(bytes[..<end]))
    var catalogue = Catalogue(devices: [])
    for _ in 0..<(try reader.count("devices", limit: BatchLimits.maximumDevices)) {
      catalogue.devices.append(try DefinitionCodec.readDevice(&reader))
    }
    try reader.expectEnd("the catalogue")
    return catalogue
  }

  /// One device's definition, the key under which central keeps it.
  public static func encode(_ device: DeviceDefinition) -> [UInt8] {
    var writer = ByteWriter()
    DefinitionCodec.append(device, to: &writer)
    return writer.bytes
  }

  public static func decodeDevice(_ bytes: [UInt8]) throws(CodecError) -> DeviceDefinition {
    var reader = ByteReader(bytes)
    let device = try DefinitionCodec.readDevice(&reader)
    try reader.expectEnd("a device definition")
    return device
  }
}
