/// Takes a telemetry body apart into the sections that ``SectionWriter`` wrote.
struct SectionReader {
  private var readers: [ByteReader]

  init(_ bytes: [UInt8]) throws(CodecError) {
    readers = Array(repeating: ByteReader([]), count: BodySection.allCases.count)
    var reader = ByteReader(bytes)
    let present = try reader.count("the list of sections", limit: 1 << readers.count - 1)
    // What all sections together may become, so that a few bytes cannot ask for more than one body.
    var allowed = BatchLimits.maximumBodyBytes
    for index in readers.indices where present & 1 << index != 0 {
      let coded = try reader.count("length of a section", limit: BatchLimits.maximumBodyBytes << 1 | 1)
      var length = coded >> 1
      if coded & 1 == 0 {
        readers[index] = ByteReader(Array(try reader.take(length, "a section")))
      } else {
        let stored = length
        length = try reader.count("length of a section before compression", limit: allowed)
        let bytes = try reader.take(stored, "a section")
        readers[index] = ByteReader(try Compression.decompress(bytes, length: length))
      }
      allowed -= length
      guard length > 0, allowed >= 0 else {
        throw CodecError(.malformed, offset: reader.offset, "an empty section, or sections of too many bytes")
      }
    }
    try reader.expectEnd("the body")
  }

  subscript(section: BodySection) -> ByteReader {
    get { readers[section.rawValue] }
    _modify { yield &readers[section.rawValue] }
  }

  subscript(plane plane: Int) -> ByteReader {
    get { readers[BodySection.plane0.rawValue + plane] }
    _modify { yield &readers[BodySection.plane0.rawValue + plane] }
  }

  func expectEnd() throws(CodecError) {
    // The name is spelled out only for the error: this runs for every frame and batch.
    for (index, reader) in readers.enumerated() where reader.remaining > 0 {
      try reader.expectEnd("section \(BodySection.allCases[index])")
    }
  }
}
