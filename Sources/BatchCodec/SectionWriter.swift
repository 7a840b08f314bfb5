/// Gathers the bytes of all sections, then writes those that are not empty, compressed where that makes them fewer.
struct SectionWriter {
  private var writers = Array(repeating: ByteWriter(), count: BodySection.allCases.count)
  /// Shorter sections are never made shorter by zstd's own head and tables.
  private static let minimumCompressedBytes = 24

  subscript(section: BodySection) -> ByteWriter {
    get { writers[section.rawValue] }
    _modify { yield &writers[section.rawValue] }
  }

  subscript(plane plane: Int) -> ByteWriter {
    get { writers[BodySection.plane0.rawValue + plane] }
    _modify { yield &writers[BodySection.plane0.rawValue + plane] }
  }

  /// - Parameter level: of zstd; nil compresses nothing.
  func joined(level: Int32?) -> [UInt8] {
    var result = ByteWriter()
    var present: UInt64 = 0
    for (index, writer) in writers.enumerated() where !writer.bytes.isEmpty { present |= 1 << UInt64(index) }
    result.append(varint: present)
    for writer in writers where !writer.bytes.isEmpty {
      if let level, writer.bytes.count >= Self.minimumCompressedBytes,
        let compressed = Compression.compress(writer.bytes, level: level)
      {
        result.append(varint: compressed.count << 1 | 1)
        result.append(varint: writer.bytes.count)
        result.append(compressed)
      } else {
        result.append(varint: writer.bytes.count << 1)
        result.append(writer.bytes)
      }
    }
    return result.bytes
  }
}
