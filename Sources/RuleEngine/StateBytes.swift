/// Saved state is damaged or of another version. Whoever reads it goes on without it.
public struct SavedStateError: Error, Hashable, CustomStringConvertible {
  public var description: String
}

/// Writes saved state: numbers of eight bytes, the lowest first (`docs/formats/rule-state.md`).
struct StateWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ number: Int64) {
    let pattern = UInt64(bitPattern: number)
    for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: pattern >> shift)) }
  }

  mutating func append(_ number: Double) { append(Int64(bitPattern: number.bitPattern)) }
  mutating func append(byte: UInt8) { bytes.append(byte) }

  mutating func append(block: [UInt8]) {
    append(Int64(block.count))
    bytes += block
  }
}

/// Reads what a ``StateWriter`` wrote, and believes none of it.
struct StateReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number() throws(SavedStateError) -> Int64 {
    guard rest.count >= 8 else { throw SavedStateError(description: "the saved state ends too early") }
    var pattern: UInt64 = 0
    for (place, byte) in rest.prefix(8).enumerated() { pattern |= UInt64(byte) << (8 * UInt64(place)) }
    rest = rest.dropFirst(8)
    return Int64(bitPattern: pattern)
  }

  mutating func double() throws(SavedStateError) -> Double {
    Double(bitPattern: UInt64(bitPattern: try number()))
  }

  mutating func byte() throws(SavedStateError) -> UInt8 {
    guard let byte = rest.popFirst() else { throw SavedStateError(description: "the saved state ends too early") }
    return byte
  }

  /// A count of what takes at least `each` bytes, so that a wrong one allocates nothing.
  mutating func count(each: Int) throws(SavedStateError) -> Int {
    let count = try number()
    guard count >= 0, count <= Int64(rest.count / each) else {
      throw SavedStateError(description: "the saved state counts more than it holds")
    }
    return Int(count)
  }

  mutating func block() throws(SavedStateError) -> [UInt8] {
    let count = try count(each: 1)
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }
}
