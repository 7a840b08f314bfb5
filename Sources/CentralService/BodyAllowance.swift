import Synchronization

/// The memory that the bodies of all requests under way may take together: from the first byte of a body until the request
/// is answered.
///
/// It is claimed as a body arrives, and not by its Content-Length, which is only what a client says: one that announces
/// 4 MiB and sends nothing takes nothing away from others. One gateway may have a part of the whole, so that a single
/// compromised one cannot keep all others from sending.
final class BodyAllowance: Sendable {
  /// In bytes: 64 requests of the largest size.
  static let maximumBytes = 256 << 20
  /// In bytes: sixteen of the largest size. A gateway has three under way, and those of connections that were lost may
  /// still be waited for.
  static let maximumBytesOfOne = 64 << 20
  /// What a body takes at first, in bytes.
  static let firstBytes = 64 << 10

  /// For /metrics.
  struct Report: Sendable {
    /// Claimed just now.
    var bytes = 0
    /// Requests that were refused since the start.
    var refused = 0
  }

  private struct State {
    var report = Report()
    /// Names without a claim are not in it.
    var byGateway: [String: Int] = [:]
  }

  private let state = Mutex(State())

  var current: Report { state.withLock { $0.report } }

  /// - Returns: whether there was room; false counts as a refused request.
  func claim(_ bytes: Int, for gateway: String) -> Bool {
    state.withLock { state in
      let own = state.byGateway[gateway, default: 0] + bytes
      guard own <= Self.maximumBytesOfOne, state.report.bytes + bytes <= Self.maximumBytes else {
        state.report.refused += 1
        return false
      }
      state.report.bytes += bytes
      state.byGateway[gateway] = own
      return true
    }
  }

  /// - Parameter bytes: what was claimed before; 0 is allowed.
  func giveBack(_ bytes: Int, of gateway: String) {
    guard bytes > 0 else { return }
    state.withLock { state in
      state.report.bytes -= bytes
      let left = state.byGateway[gateway, default: 0] - bytes
      state.byGateway[gateway] = left > 0 ? left : nil
    }
  }

  /// The memory to claim for a body of so many bytes: doubled from ``firstBytes`` up to the largest request, so
  /// that a body is copied a few times only while it grows.
  static func capacity(for bytes: Int) -> Int {
    var capacity = firstBytes
    while capacity < bytes { capacity *= 2 }
    return capacity
  }
}
