import CZstd

/// Pieces of a body, each one zstd frame.
enum Compression {
  /// One zstd frame, or nil when it would not be shorter (or there is no memory for it).
  static func compress(_ bytes: [UInt8], level: Int32) -> [UInt8]? {
    let bound = ZSTD_compressBound(bytes.count)
    var written = 0
    let result = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      written = bytes.withUnsafeBytes {
        fieldgate_zstd_compress(buffer.baseAddress, bound, $0.baseAddress, $0.count, level)
      }
      count = ZSTD_isError(written) == 0 ? written : 0
    }
    return result.count > 0 && result.count < bytes.count ? result : nil
  }

  /// Exactly `length` bytes, which the caller has checked against ``BatchLimits``.
  static func decompress(_ bytes: ArraySlice<UInt8>, length: Int) throws(CodecError) -> [UInt8] {
    // The frame names its own content size; a bomb that contradicts ours is refused before anything is allocated.
    let announced = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    guard announced == UInt64(length) else {
      throw CodecError(.decompression, offset: bytes.startIndex, "the compressed size does not match the head")
    }
    var outcome = 0
    let result = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      outcome = bytes.withUnsafeBytes {
        fieldgate_zstd_decompress(buffer.baseAddress, length, $0.baseAddress, $0.count)
      }
      count = ZSTD_isError(outcome) == 0 ? outcome : 0
    }
    guard ZSTD_isError(outcome) == 0, result.count == length else {
      throw CodecError(.decompression, offset: bytes.startIndex, String(cString: ZSTD_getErrorName(outcome)))
    }
    return result
  }
}
