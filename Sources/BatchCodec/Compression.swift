import CZstd

/// Reads what ``Compressor`` wrote.
enum Compression {
  /// Exactly `length` bytes, which the caller has checked against ``BatchLimits``.
  static func decompress(_ bytes: ArraySlice<UInt8>, length: Int) throws(CodecError) -> [UInt8] {
    // The frame names its own content size; a bomb that contradicts ours is refused before anything is allocated.
    let announced = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    guard announced == UInt64(length) else {
      throw CodecError(.decompression, offset: bytes.startIndex, "the compressed size does not match the head")
    }
    var outcome = 0
    let result = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      outcome = bytes.withUnsafeBytes { ZSTD_decompress(buffer.baseAddress, length, $0.baseAddress, $0.count) }
      count = ZSTD_isError(outcome) == 0 ? outcome : 0
    }
    guard ZSTD_isError(outcome) == 0, result.count == length else {
      throw CodecError(.decompression, offset: bytes.startIndex, String(cString: ZSTD_getErrorName(outcome)))
    }
    return result
  }
}
