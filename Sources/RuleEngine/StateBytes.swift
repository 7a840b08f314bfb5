import Telemetry

/// Saved state is damaged or of another version. Whoever reads it goes on without it.
public struct SavedStateError: Error, Hashable, CustomStringConvertible {
  public var description: String
}

/// Numbers of eight bytes, and blocks with their length (`docs/formats/rule-state.md`).
typealias RuleStateReader = StateReader<SavedStateError>

extension StateWriter {
  mutating func put(block: some Collection<UInt8>) {
    put(Int64(block.count))
    put(bytes: block)
  }
}

extension StateReader<SavedStateError> {
  init(_ bytes: some Collection<UInt8>) {
    self.init(Array(bytes)[...], tooShort: SavedStateError(description: "the saved state ends too early"))
  }

  /// A count of what takes at least `each` bytes, so that a wrong one allocates nothing.
  mutating func count(each: Int) throws(SavedStateError) -> Int {
    let number = try int64()
    guard number >= 0, number <= Int64(count / each) else {
      throw SavedStateError(description: "the saved state counts more than it holds")
    }
    return Int(number)
  }

  mutating func block() throws(SavedStateError) -> [UInt8] { Array(try bytes(try count(each: 1))) }
}
