extension FrameCodec {
  /// The same frame, whose catalogue the store keeps under another number: nothing but that number and the check sum differ.
  ///
  /// - Parameter frame: as ``encode(_:losses:layout:catalogueID:)`` made it.
  public static func renumbered(_ frame: [UInt8], catalogueID: Int) -> [UInt8] {
    let end = frame.count - BatchCodec.checksumBytes
    precondition(end >= 6, "this is no frame")
    // The number stands behind four bytes of head; its last byte is the first without the high bit (docs/formats/frame.md).
    guard let last = frame[4..<end].firstIndex(where: { $0 < 0x80 }) else { preconditionFailure("this is no frame") }
    var writer = ByteWriter()
    writer.reserve(frame.count + 8)
    writer.append(Array(frame[..<4]))
    writer.append(varint: catalogueID)
    writer.append(Array(frame[(last + 1)..<end]))
    writer.append(fixed: CRC32C.checksum(writer.bytes[...]))
    return writer.bytes
  }
}
