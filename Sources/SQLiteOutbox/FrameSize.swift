import BatchCodec

/// What frames take together, so that their texts fit into one batch. Numbers alone never reach these limits.
struct FrameSize {
  private static let maximumStoredBytes = BatchLimits.maximumEncodedBytes * 5 / 8
  private static let maximumBodyBytes = BatchLimits.maximumBodyBytes / 2

  private var stored = 0
  private var body = 0

  func admits(_ frame: [UInt8]) -> Bool {
    stored + frame.count <= Self.maximumStoredBytes
      && body + (FrameCodec.bodyBytes(of: frame) ?? 0) <= Self.maximumBodyBytes
  }

  mutating func add(_ frame: [UInt8]) {
    stored += frame.count
    body += FrameCodec.bodyBytes(of: frame) ?? 0
  }
}
