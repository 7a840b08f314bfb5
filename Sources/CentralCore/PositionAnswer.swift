import SyncProtocol

/// What a gateway that asks for its position is answered.
public enum PositionAnswer {
  /// - Parameter number: the batch by which the gateway wants to know its own past again; nil: the newest.
  public static func make(_ key: LaneKey, at number: UInt64?, _ store: any CentralStore) -> IngestAnswer {
    do throws(CentralStoreError) {
      let head = try store.head(key)
      guard let number, number > 0, number < head.position else {
        let at = head.position > 0 ? head.position : nil
        return IngestAnswer(status: 200, SyncAnswer(position: head.position, at: at, checksum: head.checksum))
      }
      let checksum = try store.checksum(key, number: number)
      return IngestAnswer(status: 200, SyncAnswer(position: head.position, at: number, checksum: checksum))
    } catch {
      let body = SyncAnswer(position: nil, error: .storage, message: error.description)
      return IngestAnswer(status: 500, body, retryAfter: 5)
    }
  }
}
