import CZstd

/// Many pieces compressed one after the other with one zstd context, whose making costs more than a small piece.
final class Compressor {
  private let context: OpaquePointer?
  private let level: Int32

  init(level: Int32) {
    context = ZSTD_createCCtx()
    self.level = level
  }

  deinit {
    ZSTD_freeCCtx(context)
  }

  /// One zstd frame, or nil when it would not be shorter (or there is no memory for it).
  func compress(_ bytes: [UInt8]) -> [UInt8]? {
    guard context != nil else { return nil }
    let bound = ZSTD_compressBound(bytes.count)
    var written = 0
    let result = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      written = bytes.withUnsafeBytes {
        ZSTD_compressCCtx(context, buffer.baseAddress, bound, $0.baseAddress, $0.count, level)
      }
      count = ZSTD_isError(written) == 0 ? written : 0
    }
    return ZSTD_isError(written) == 0 && result.count < bytes.count ? result : nil
  }
}
