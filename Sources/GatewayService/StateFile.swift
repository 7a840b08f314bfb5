import GatewayCore
import GatewayRuntime
import Glibc
import Threads

/// The saved state in a file beside the outbox: `docs/formats/state.md`. A thread of its own writes it, because a poor SD card
/// takes seconds to sync megabytes, and the engine is to turn meanwhile.
final class StateFile: StateMemory, @unchecked Sendable {  // the failure is read after the thread's end
  private enum Order {
    case save(SavedState)
    case finish(SavedState)
  }

  private let directory: String
  private let path: String
  private let onSaved: @Sendable (StateMemoryFailure?) -> Void
  /// One beside that which is being written.
  private let orders = Mailbox<Order>(capacity: 1)
  private var thread: NamedThread?
  private var lastFailure: StateMemoryFailure?

  /// - Parameter onSaved: gets what came of each ``save(_:)``, on the thread that wrote.
  init(directory: String, onSaved: @escaping @Sendable (StateMemoryFailure?) -> Void) {
    self.directory = directory
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
    do throws(StateMemoryFailure) {
      try write(state.encoded())
      return nil
    } catch {
      return error
    }
  }

  func load() throws(StateMemoryFailure) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("read", errno)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    // One byte more than allowed tells that there are too many.
    while bytes.count <= SavedState.maximumBytes {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("read", errno) }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// Beside the old file, synced, and moved over it.
  private func write(_ bytes: [UInt8]) throws(StateMemoryFailure) {
    let new = "\(path).new"
    let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw failure("write", errno) }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw giveUp(new, descriptor) }
      written += count
    }
    guard fsync(descriptor) == 0 else { throw giveUp(new, descriptor) }
    close(descriptor)
    guard rename(new, path) == 0 else { throw failure("write", errno) }
    syncDirectory()
  }

  private func giveUp(_ new: String, _ descriptor: Int32) -> StateMemoryFailure {
    let cause = errno
    close(descriptor)
    unlink(new)
    return failure("write", cause)
  }

  /// The new name, too, lasts. Where it does not, the old state is found again, which is as good.
  private func syncDirectory() {
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  private func failure(_ what: String, _ code: Int32) -> StateMemoryFailure {
    StateMemoryFailure(description: "cannot \(what) \(path): \(String(cString: strerror(code)))")
  }
}
