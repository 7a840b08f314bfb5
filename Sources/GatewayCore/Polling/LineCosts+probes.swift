import Telemetry

/// What a question beside the schedule may take at most: it is let pass only where nothing comes due for so long.
extension LineCosts {
  /// A serial line is taken for quiet after this without a byte, or after its silence where that is longer. USB adapters hand
  /// over what they receive every 16 ms.
  public static let leastSettling = Duration.milliseconds(20)

  /// Bytes of the longest frame that is waited for.
  public static let longestFrame = 260

  /// From now until the line is free again, whatever comes of it.
  ///
  /// - Parameters:
  ///   - timeout: of the answer; the time on the wire is added on a serial line.
  ///   - turnRound: the longest that any device of the bus needs before the next request.
  ///   - owesReply: the unit did not answer its last request, so a read of it is preceded by a fence (`docs/modbus.md`), which
  ///     may take as long.
  public func longest(
    _ request: RawRequest, timeout: Duration, turnRound: Duration, owesReply: Bool
  ) -> Duration {
    let read = ReadRequest(request)
    let reply = read.map { 5 + Self.dataBytes($0) } ?? Self.longestFrame
    // Unit and check sum beside the function code and what follows it.
    let exchange = exchangeTime(bytes: 3 + request.bytes.count + reply, timeout: timeout, turnRound: turnRound)
    guard let read, owesReply, settling > .zero else { return exchange }
    // A fence is longer than the replies that are owed, which were to questions like this one.
    let fence = exchangeTime(
      bytes: 8 + 5 + Self.dataBytes(read) + Self.fenceBytes, timeout: timeout, turnRound: turnRound)
    return fence + exchange
  }

  /// Registers of fences go up one by one until no owed reply has their length.
  private static let fenceBytes = 34

  private func exchangeTime(bytes: Int, timeout: Duration, turnRound: Duration) -> Duration {
    max(silence, turnRound) + byte * bytes + timeout + settling
  }

  private static func dataBytes(_ read: ReadRequest) -> Int {
    read.table.isBits ? (read.count + 7) / 8 : read.count * 2
  }
}

extension ReadRequest {
  /// Nil when it is none of the reads 1 to 4.
  public init?(_ request: RawRequest) {
    let bytes = request.bytes
    guard bytes.count == 5, let table = RegisterTable.allCases.first(where: { $0.readFunction == bytes[0] }) else {
      return nil
    }
    self.init(
      unit: request.unit, table: table, address: UInt16(bytes[1]) << 8 | UInt16(bytes[2]),
      count: Int(bytes[3]) << 8 | Int(bytes[4]))
  }
}
