public import GatewayCore

/// Keeps, over restarts, what the engine's parts know: one file of bytes (`docs/formats/state.md`).
public protocol StateMemory: AnyObject {
  /// Nil when nothing was saved yet.
  func load() throws(StateMemoryFailure) -> [UInt8]?
  /// Begins to replace what was saved, in one step: after a power cut it is the old state or the new one. Returns at once;
  /// what came of it is told later (``EngineEvent/stateSaved(_:)``).
  ///
  /// - Returns: false when it was not begun, because the disk has not taken what was given before.
  func save(_ state: SavedState) -> Bool
  /// Replaces what was saved, at the end: returns when that is done.
  func finish(_ state: SavedState) throws(StateMemoryFailure)
}

/// The state cannot be read or written; one line.
public struct StateMemoryFailure: Error, Hashable, CustomStringConvertible, Sendable {
  public var description: String

  public init(description: String) {
    self.description = description
  }
}
