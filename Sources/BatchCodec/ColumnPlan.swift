/// The cheapest form for a column of numbers, found in one pass.
struct ColumnPlan {
  var form: ColumnForm
  /// The smallest residual.
  var base: Int64
  /// What the residuals take before zstd, in bits.
  var cost: Int

  /// What a further order costs beside its residuals.
  private static let orderBits = 12

  /// - Precondition: `values` is not empty.
  init(_ values: UnsafeBufferPointer<Int64>) {
    var ranges = (Range(values[0]), Range(), Range())
    var previous = values[0]
    var previousDelta: Int64 = 0
    for index in 1..<max(1, values.count) {
      let value = values[index]
      let delta = value &- previous
      ranges.0.take(value)
      ranges.1.take(delta)
      if index > 1 { ranges.2.take(delta &- previousDelta) }
      previous = value
      previousDelta = delta
    }
    self.init(ranges.0, order: 0, count: values.count)
    if values.count > 1 { keepCheaper(Self(ranges.1, order: 1, count: values.count)) }
    if values.count > 2 { keepCheaper(Self(ranges.2, order: 2, count: values.count)) }
  }

  private init(_ range: Range, order: Int, count: Int) {
    form = ColumnForm(order: order, width: ColumnForm.width(for: range.size))
    base = range.low
    cost = form.bits * (count - order) + order * Self.orderBits
  }

  private mutating func keepCheaper(_ other: Self) {
    if other.cost < cost { self = other }
  }

  private struct Range {
    var low = Int64.max
    var high = Int64.min

    init() {}

    init(_ value: Int64) {
      low = value
      high = value
    }

    var size: UInt64 { UInt64(bitPattern: high &- low) }

    mutating func take(_ value: Int64) {
      low = min(low, value)
      high = max(high, value)
    }
  }
}
