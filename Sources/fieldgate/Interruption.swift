import Glibc
import Synchronization

/// Ctrl-C as a wish to end with what there is. The second one ends at once.
enum Interruption {
  private static let isWanted = Atomic(false)

  static var isReached: Bool { isWanted.load(ordering: .relaxed) }

  static func watch() {
    // Made before the handler, in which nothing may be made.
    _ = isWanted.load(ordering: .relaxed)
    signal(SIGINT) { _ in
      Interruption.isWanted.store(true, ordering: .relaxed)
      signal(SIGINT, SIG_DFL)
    }
  }
}
