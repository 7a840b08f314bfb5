import CentralCore
import SQLiteCentralStore
import Synchronization
import Threads

/// Threads that answer queries, each with a reading connection of its own, so that a long query delays neither the commits
/// nor the server's event loops.
final class QueryThreads: Sendable {
  /// Queries that wait for one thread.
  static let waiting = 64

  private typealias Job = @Sendable ((any CentralQueries)?) -> Void

  private let mailboxes: [Mailbox<Job?>]
  private let threads = Mutex<[NamedThread]>([])
  private let next = Atomic(0)

  struct Busy: Error {}

  init(count: Int, directory: String) throws {
    mailboxes = (0..<count).map { _ in Mailbox(capacity: Self.waiting) }
    for (index, mailbox) in mailboxes.enumerated() {
      let thread = NamedThread("query-\(index)") {
        let reader = try? SQLiteCentralReader(directory: directory)
        while true {
          for job in mailbox.receive(timeout: nil) {
            guard let job else { return }
            job(reader)
          }
        }
      }
      threads.withLock { $0.append(thread) }
    }
  }

  func stop() {
    for mailbox in mailboxes { mailbox.send(nil, always: true) }
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  /// Runs a query on the next thread in turn.
  func run<Result: Sendable>(
    _ query: @escaping @Sendable (any CentralQueries) throws -> Result
  ) async throws -> Result {
    let index = next.add(1, ordering: .relaxed).oldValue % mailboxes.count
    return try await withCheckedThrowingContinuation { continuation in
      let isTaken = mailboxes[index].send { reader in
        guard let reader else {
          return continuation.resume(throwing: CentralStoreError("the store cannot be opened for reading; see the log"))
        }
        continuation.resume(with: Swift.Result { try query(reader) })
      }
      if !isTaken { continuation.resume(throwing: Busy()) }
    }
  }
}
