import Telemetry

/// The body of telemetry frames and batches: which devices, how many rows each, then the column streams.
///
/// A batch spells its devices and tags out, so that it can be read alone; a frame names them by their index in a
/// catalogue that the store keeps once.
enum TelemetryBody {
  static func encode(_ blocks: [DeviceColumns], catalogue: Catalogue, selfContained: Bool) -> [UInt8] {
    var writer = ByteWriter()
    var columns = ColumnEncoder()
    writer.append(varint: blocks.count)
    for block in blocks {
      let device = catalogue.devices[block.device]
      if selfContained {
        append(device, to: &writer)
      } else {
        writer.append(varint: block.device)
      }
      writer.append(varint: block.rowCount)
      columns.append(block, tags: device.tags)
    }
    columns.finish(into: &writer)
    return writer.bytes
  }

  /// With a catalogue: of a frame. Without one: of a batch, whose catalogue is made from the body.
  static func decode(
    _ bytes: [UInt8], catalogue given: Catalogue?
  ) throws(CodecError) -> (catalogue: Catalogue, blocks: [DeviceColumns]) {
    var reader = ByteReader(bytes)
    var catalogue = given ?? Catalogue(devices: [])
    var rows: [(device: Int, rows: Int)] = []
    var records = 0
    for _ in 0..<(try reader.count("devices", limit: BatchLimits.maximumDevices)) {
      let device: Int
      if let given {
        device = try reader.count("device index", limit: max(0, given.devices.count - 1))
        guard device < given.devices.count else {
          throw CodecError(.malformed, offset: reader.offset, "a device that the catalogue does not hold")
        }
      } else {
        device = catalogue.devices.count
        catalogue.devices.append(try readDevice(&reader))
      }
      let count = try reader.count("rows", limit: BatchLimits.maximumRecords)
      records += count * catalogue.devices[device].tags.count
      guard count > 0, records <= BatchLimits.maximumRecords else {
        throw CodecError(.limitExceeded, offset: reader.offset, "\(count) rows make \(records) samples")
      }
      rows.append((device, count))
    }
    var decoder = try ColumnDecoder(&reader)
    try reader.expectEnd("the body")
    var blocks: [DeviceColumns] = []
    for (device, count) in rows {
      blocks.append(try decoder.block(device: device, rows: count, tags: catalogue.devices[device].tags))
    }
    try decoder.finish()
    return (catalogue, blocks)
  }

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
