import NIOCore
import Synchronization

/// The memory that the bodies of all requests under way may take together: without it 2,048 connections could each hold
/// almost a whole request.
final class BodyAllowance: Sendable {
  /// 64 of the largest requests, or those of a thousand gateways at their usual size.
  static let limitBytes = 256 << 20
  /// A body must come at this pace or faster, counted from its beginning after ``grace``, or its connection ends: whoever
  /// sends a byte a minute would hold its part for ever. 512 bytes a second is a tenth of the slowest modem's pace.
  static let slowestBytesPerSecond = 512
  static let grace = Duration.seconds(30)

  /// What one request holds; given back when it ends.
  final class Share: Sendable {
    private let allowance: BodyAllowance
    private let bytes = Atomic(0)

    fileprivate init(_ allowance: BodyAllowance) { self.allowance = allowance }

    /// Takes so much more; false, and nothing is taken, when there is not enough left.
    func take(_ count: Int) -> Bool {
      guard allowance.take(count) else { return false }
      bytes.add(count, ordering: .relaxed)
      return true
    }

    deinit { allowance.taken.subtract(bytes.load(ordering: .relaxed), ordering: .relaxed) }
  }

  private let limit: Int
  private let taken = Atomic(0)
  private let refusals = Atomic(0)

  init(limit: Int = BodyAllowance.limitBytes) { self.limit = limit }

  var takenBytes: Int { taken.load(ordering: .relaxed) }
  /// Requests that were refused for want of memory.
  var refused: Int { refusals.load(ordering: .relaxed) }

  func share() -> Share { Share(self) }

  private func take(_ count: Int) -> Bool {
    guard taken.add(count, ordering: .relaxed).newValue <= limit else {
      taken.subtract(count, ordering: .relaxed)
      refusals.add(1, ordering: .relaxed)
      return false
    }
    return true
  }
}
