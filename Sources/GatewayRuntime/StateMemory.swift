/// Keeps, over restarts, what the engine's parts know: one file of bytes (`docs/formats/state.md`).
public protocol StateMemory: AnyObject {
  /// Nil when nothing was saved yet.
  func load() throws(StateMemoryFailure) -> [UInt8]?
  /// Replaces what was saved, in one step: after a power cut it is the old state or the new one.
  func save(_ bytes: [UInt8]) throws(StateMemoryFailure)
}

/// The state cannot be read or written; one line.
public struct StateMemoryFailure: Error, Hashable, CustomStringConvertible, Sendable {
  public var description: String

  public init(description: String) {
    self.description = description
  }
}
