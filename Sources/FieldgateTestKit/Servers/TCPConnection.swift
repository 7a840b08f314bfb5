import Glibc

/// One client of a Modbus TCP endpoint.
struct TCPConnection {
  /// A request as it stands behind its header.
  struct Frame {
    var transaction: UInt16
    var unit: UInt8
    var request: [UInt8]
  }

  /// Header and largest request (Modbus Messaging on TCP/IP 1.0b, section 3.1.3).
  static let maximumFrameBytes = 260
  /// Bytes of replies that the client has not taken yet; a client that takes none is dropped.
  static let maximumUnsentBytes = 64 << 10

  let descriptor: Int32
  /// Tells connections apart whose descriptor has the same number.
  let id: Int
  /// Index into the server's endpoints.
  let endpoint: Int
  private var input: [UInt8] = []
  private var unsent: [UInt8] = []

  init(descriptor: Int32, id: Int, endpoint: Int) {
    self.descriptor = descriptor
    self.id = id
    self.endpoint = endpoint
    input.reserveCapacity(2 * Self.maximumFrameBytes)
  }

  var hasUnsent: Bool { !unsent.isEmpty }

  /// Reads what there is. Nil when the client has gone or speaks something else.
  mutating func receive() -> [Frame]? {
    let received = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4_096) { buffer in
      let count = retryInterrupted { recv(descriptor, buffer.baseAddress, buffer.count, 0) }
      if count > 0 { input.append(contentsOf: buffer[..<count]) }
      return count > 0 || (count < 0 && errno == EAGAIN)
    }
    guard received else { return nil }
    var frames: [Frame] = []
    var start = 0
    while input.count - start >= 7 {
      let length = word(start + 4)
      // Section 4.2: the protocol id is 0; the length counts the unit id and at least a function code.
      guard word(start + 2) == 0, (2...Self.maximumFrameBytes - 6).contains(length) else { return nil }
      guard input.count - start >= 6 + length else { break }
      frames.append(
        Frame(
          transaction: UInt16(word(start)), unit: input[start + 6],
          request: Array(input[start + 7..<start + 6 + length])))
      start += 6 + length
    }
    input.removeFirst(start)
    return frames
  }

  private func word(_ index: Int) -> Int { Int(input[index]) << 8 | Int(input[index + 1]) }

  /// False when the client has gone or takes nothing.
  mutating func send(_ reply: [UInt8], transaction: UInt16, unit: UInt8, _ damage: Damage? = nil) -> Bool {
    let length = UInt16(reply.count + 1)
    let header: [UInt8] = [
      UInt8(transaction >> 8), UInt8(transaction & 0xff), 0, 0, UInt8(length >> 8), UInt8(length & 0xff), unit,
    ]
    unsent += damage?.frame(header + reply) ?? header + reply
    return unsent.count <= Self.maximumUnsentBytes && flush()
  }

  /// False when the client has gone.
  mutating func flush() -> Bool {
    while !unsent.isEmpty {
      let count = retryInterrupted { Glibc.send(descriptor, unsent, unsent.count, Int32(MSG_NOSIGNAL)) }
      if count < 0 { return errno == EAGAIN }
      if count == unsent.count {
        unsent.removeAll(keepingCapacity: true)
      } else {
        unsent.removeFirst(count)
      }
    }
    return true
  }
}
