import GatewayCore
import GatewayRuntime
import Glibc

/// The saved state in a file beside the outbox: `docs/formats/state.md`.
final class StateFile: StateMemory {
  private let directory: String
  private var path: String { "\(directory)/state" }

  init(directory: String) { self.directory = directory }

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
  func save(_ bytes: [UInt8]) throws(StateMemoryFailure) {
    let new = "\(path).new"
    let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw failure("write", errno) }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
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
