import Synchronization

/// Lets the news of a connection through until another one takes its place: what the old one says afterwards would be taken
/// for the state of the new one.
final class NewsGate: Sendable {
  private enum State: Sendable {
    case open
    /// Another connection is about to take the place of this one.
    case held([@Sendable () -> Void])
    case closed
  }

  private let state = Mutex(State.open)

  func pass(_ news: @escaping @Sendable () -> Void) {
    state.withLock { state in
      switch state {
      case .open: news()
      case .held(let waiting): state = .held(waiting + [news])
      case .closed: break
      }
    }
  }

  /// When it returns nothing is passing, and nothing will until ``release()``.
  func hold() { state.withLock { $0 = .held([]) } }

  /// The connection stays after all.
  func release() {
    state.withLock { state in
      if case .held(let waiting) = state { for news in waiting { news() } }
      state = .open
    }
  }

  func close() { state.withLock { $0 = .closed } }
}
