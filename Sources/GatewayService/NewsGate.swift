import Synchronization

/// Lets the news of a connection through until another one takes its place: what the old one says afterwards would be taken
/// for the state of the new one.
final class NewsGate: Sendable {
  private let isOpen = Mutex(true)

  func pass(_ body: () -> Void) {
    isOpen.withLock { if $0 { body() } }
  }

  /// When it returns nothing is passing, and nothing will.
  func close() { isOpen.withLock { $0 = false } }
}
