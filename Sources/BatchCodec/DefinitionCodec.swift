import Telemetry

/// Definitions of devices and tags, as batches and catalogues spell them out.
enum DefinitionCodec {
  static func append(_ device: DeviceDefinition, to writer: inout ByteWriter) {
    writer.append(text: device.name)
    writer.append(varint: device.tags.count)
    for tag in device.tags {
      writer.append(text: tag.name)
      writer.append(tag.type.rawValue | (tag.scaling.isIdentity ? 0 : 0x80))
      if !tag.scaling.isIdentity {
        writer.append(zigzag: tag.scaling.multiplier)
        writer.append(zigzag: tag.scaling.offset)
        writer.append(UInt8(tag.scaling.decimals))
      }
      writer.append(text: tag.unit)
    }
  }

  static func readDevice(_ reader: inout ByteReader) throws(CodecError) -> DeviceDefinition {
    let name = try reader.text("device name", limit: BatchLimits.maximumNameBytes)
    let count = try reader.count("tags", limit: BatchLimits.maximumTagsPerDevice)
    guard count > 0, count * 3 <= reader.remaining else { throw reader.truncated("the tags of \(name)") }
    var tags: [TagDefinition] = []
    tags.reserveCapacity(count)
    for _ in 0..<count { tags.append(try readTag(&reader)) }
    return DeviceDefinition(name: name, tags: tags)
  }

  private static func readTag(_ reader: inout ByteReader) throws(CodecError) -> TagDefinition {
    let name = try reader.text("tag name", limit: BatchLimits.maximumNameBytes)
    let code = try reader.byte("tag type")
    guard let type = ValueType(rawValue: code & 0x7f) else {
      throw CodecError(.malformed, offset: reader.offset, "tag \(name) has the unknown type \(code & 0x7f)")
    }
    var scaling = Scaling.identity
    if code & 0x80 != 0 {
      let multiplier = try reader.zigzag("multiplier")
      let offset = try reader.zigzag("offset")
      let decimals = Int(try reader.byte("decimals"))
      guard let read = Scaling(multiplier: multiplier, offset: offset, decimals: decimals), !read.isIdentity else {
        throw CodecError(.malformed, offset: reader.offset, "tag \(name) has a scaling out of range")
      }
      scaling = read
    }
    let unit = try reader.text("unit", limit: BatchLimits.maximumUnitBytes)
    return TagDefinition(name: name, type: type, scaling: scaling, unit: unit)
  }
}
