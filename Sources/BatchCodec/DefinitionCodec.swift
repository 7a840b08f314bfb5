import Telemetry

/// Definitions of devices and tags, as batches and catalogues spell them out.
enum DefinitionCodec {
  private static let scalingFlag: UInt8 = 0x80
  private static let namesFlag: UInt8 = 0x40

  static func append(_ device: DeviceDefinition, to writer: inout ByteWriter) {
    writer.append(text: device.name)
    writer.append(varint: device.tags.count)
    for tag in device.tags {
      writer.append(text: tag.name)
      writer.append(
        tag.type.rawValue | (tag.scaling.isIdentity ? 0 : scalingFlag) | (tag.names.isEmpty ? 0 : namesFlag))
      if !tag.scaling.isIdentity {
        writer.append(zigzag: tag.scaling.multiplier)
        writer.append(zigzag: tag.scaling.offset)
        writer.append(UInt8(tag.scaling.decimals))
      }
      writer.append(text: tag.unit)
      guard !tag.names.isEmpty else { continue }
      writer.append(varint: tag.names.count)
      for name in tag.names {
        writer.append(zigzag: name.value)
        writer.append(text: name.name)
      }
    }
  }

  /// Texts and names came with version 2 of batches.
  static func needsVersion2(_ device: DeviceDefinition) -> Bool {
    device.tags.contains { $0.type == .text || !$0.names.isEmpty }
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
    guard let type = ValueType(rawValue: code & 0x3f) else {
      throw CodecError(.malformed, offset: reader.offset, "tag \(name) has the unknown type \(code & 0x3f)")
    }
    var scaling = Scaling.identity
    if code & scalingFlag != 0 {
      let multiplier = try reader.zigzag("multiplier")
      let offset = try reader.zigzag("offset")
      let decimals = Int(try reader.byte("decimals"))
      guard let read = Scaling(multiplier: multiplier, offset: offset, decimals: decimals), !read.isIdentity else {
        throw CodecError(.malformed, offset: reader.offset, "tag \(name) has a scaling out of range")
      }
      scaling = read
    }
    let unit = try reader.text("unit", limit: BatchLimits.maximumUnitBytes)
    let names = code & namesFlag == 0 ? [] : try readNames(&reader, of: name)
    return TagDefinition(name: name, type: type, scaling: scaling, unit: unit, names: names)
  }

  private static func readNames(_ reader: inout ByteReader, of tag: String) throws(CodecError) -> [ValueName] {
    var names: [ValueName] = []
    let count = try reader.count("names of values", limit: ValueName.maximumCount)
    for _ in 0..<count {
      let value = try reader.zigzag("a value with a name")
      let name = try reader.text("name of a value", limit: ValueName.maximumBytes)
      guard names.last.map({ $0.value < value }) ?? true else {
        throw CodecError(.malformed, offset: reader.offset, "tag \(tag) has names out of order")
      }
      names.append(ValueName(value: value, name: name))
    }
    guard !names.isEmpty else {
      throw CodecError(.malformed, offset: reader.offset, "tag \(tag) has a list of no names")
    }
    return names
  }
}
