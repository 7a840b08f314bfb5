import Synchronization

/// Lets the news of a connection through from the moment at which the engine has it until another one takes its place: what
/// it says before, or afterwards, would be taken for the state of the other one.
final class NewsGate: Sendable {
  private enum State: Sendable {
    case open
    /// This connection is about to take the place of another one, or another one its place.
    case held([@Sendable () -> Void])
    case closed
  }

  private let state = Mutex(State.held([]))

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

  /// It is the engine's: what waited passes, in its order.
  func release() {
    state.withLock { state in
      if case .held(let waiting) = state { for news in waiting { news() } }
      state = .open
    }
  }

  /// It is no longer the engine's.
  func close() { state.withLock { $0 = .closed } }
}
