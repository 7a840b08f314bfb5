import GatewayCore
import SyncProtocol
import Telemetry

extension DeliveryMachine {
  /// What the store would say of an answer, whose check sum is compared with this one; nil: its own is not known, and the next
  /// that is has the number `comparable`.
  mutating func ended(
    request: Int, _ reply: Reply, ownChecksum: UInt32?, comparable: UInt64 = 0, now: MonotonicTime, jitter: Double
  ) {
    var comparison: BatchComparison?
    if case .answer(_, let answer, _) = reply, let theirs = answer.checksum {
      comparison = ownChecksum.map { $0 == theirs ? .same : .other } ?? .unknown(comparable: comparable)
    }
    ended(request: request, reply, comparison: comparison, now: now, jitter: jitter)
  }
}
