/// The entries of one register table of a device, from its lowest to its highest address.
struct RegisterImage: Sendable {
  let base: Int
  private(set) var entries: [UInt16]
  /// False for addresses between two tags that the device does not have.
  private var exists: [Bool]
  /// True where a client wrote: what it wrote stays.
  private(set) var isWritten: [Bool]

  /// - Parameters:
  ///   - addresses: what the device has.
  ///   - fillsGaps: true when addresses between them exist too, and are 0.
  init(addresses: [Int], fillsGaps: Bool) {
    let first = addresses.min() ?? 0
    let count = addresses.max().map { $0 + 1 - first } ?? 0
    base = first
    entries = [UInt16](repeating: 0, count: count)
    exists = [Bool](repeating: fillsGaps, count: count)
    isWritten = [Bool](repeating: false, count: count)
    for address in addresses { exists[address - first] = true }
  }

  func has(_ addresses: Range<Int>) -> Bool {
    addresses.lowerBound >= base && addresses.upperBound <= base + entries.count
      && !exists[addresses.lowerBound - base..<addresses.upperBound - base].contains(false)
  }

  subscript(addresses: Range<Int>) -> ArraySlice<UInt16> {
    entries[addresses.lowerBound - base..<addresses.upperBound - base]
  }

  /// What a signal says, unless a client wrote there.
  mutating func set(_ values: [UInt16], at address: Int) {
    for (index, value) in values.enumerated() where !isWritten[address - base + index] {
      entries[address - base + index] = value
    }
  }

  mutating func write(_ values: [UInt16], at address: Int) {
    for (index, value) in values.enumerated() {
      entries[address - base + index] = value
      isWritten[address - base + index] = true
    }
  }

  /// The signal rules there again.
  mutating func forgetWrites(_ addresses: Range<Int>) {
    for address in addresses { isWritten[address - base] = false }
  }
}
