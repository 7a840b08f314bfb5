/// The values of a window in ascending order, for percentiles.
///
/// An array: finding a place takes the logarithm of the number of values, making room moves half of them in memory
/// (10,000 values: 40 KB). It grows by doubling and then allocates no more.
struct SortedValues: Sendable {
  private var values: ContiguousArray<Double> = []

  var count: Int { values.count }

  mutating func insert(_ value: Double) { values.insert(value, at: place(value)) }

  /// Takes one of those equal to it off.
  mutating func remove(_ value: Double) {
    let index = place(value)
    precondition(index < values.count && values[index] == value, "a value leaves the window that did not enter it")
    values.remove(at: index)
  }

  mutating func removeAll() { values.removeAll(keepingCapacity: true) }

  /// - Parameter percent: 0 to 100.
  func percentile(_ percent: Double) -> Double? {
    guard let last = values.last else { return nil }
    let rank = Double(values.count - 1) * percent / 100
    let below = Int(rank)
    guard below + 1 < values.count else { return last }
    let part = rank - Double(below)
    return part == 0 ? values[below] : values[below] + (values[below + 1] - values[below]) * part
  }

  /// The first index whose value is not less.
  private func place(_ value: Double) -> Int {
    var low = 0
    var high = values.count
    while low < high {
      let middle = (low + high) / 2
      if values[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
