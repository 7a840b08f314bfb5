import GatewayCore
import GatewayRuntime
import Threads

/// The saved state in a file beside the outbox: `docs/formats/state.md`. A thread of its own writes it, because a poor SD card
/// takes seconds to sync megabytes, and the engine is to turn meanwhile.
final class StateFile: StateMemory, @unchecked Sendable {  // the failure is read after the thread's end
  private enum Order {
    case save(SavedState)
    case finish(SavedState)
  }

  private let path: String
  private let onSaved: @Sendable (StateMemoryFailure?) -> Void
  /// One beside that which is being written.
  private let orders = Mailbox<Order>(capacity: 1)
  private var thread: NamedThread?
  private var lastFailure: StateMemoryFailure?

  /// - Parameter onSaved: gets what came of each ``save(_:)``, on the thread that wrote.
  init(directory: String, onSaved: @escaping @Sendable (StateMemoryFailure?) -> Void) {
    path = "\(directory)/state"
    self.onSaved = onSaved
    thread = NamedThread("state") { [self] in run() }
  }

  func save(_ state: SavedState) -> Bool { orders.send(.save(state)) }

  func finish(_ state: SavedState) throws(StateMemoryFailure) {
    orders.send(.finish(state), always: true)
    thread?.join()
    thread = nil
    if let lastFailure { throw lastFailure }
  }

  private func run() {
    while true {
      for order in orders.receive(timeout: nil) {
        switch order {
        case .save(let state): onSaved(written(state))
        case .finish(let state):
          lastFailure = written(state)
          return
        }
      }
    }
  }

  private func written(_ state: SavedState) -> StateMemoryFailure? {
    do throws(WholeFile.Failure) {
      try WholeFile.replace(path, with: state.encoded())
      return nil
    } catch {
      return StateMemoryFailure(description: "cannot write \(path): \(error)")
    }
  }

  func load() throws(StateMemoryFailure) -> [UInt8]? {
    do throws(WholeFile.Failure) {
      return try WholeFile.read(path, limit: SavedState.maximumBytes)
    } catch {
      throw StateMemoryFailure(description: "cannot read \(path): \(error)")
    }
  }
}
