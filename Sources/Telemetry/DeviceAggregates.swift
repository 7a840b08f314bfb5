/// What is left of a device's scans after thinning: per period and tag the least, greatest and mean value, and how many
/// readings they were.
public struct DeviceAggregates: Hashable, Sendable {
  /// Index into the ``Catalogue/devices`` this belongs to.
  public var device: Int
  /// Length of each period; more than 0.
  public var periodMilliseconds: Int64
  /// Start of each period, never decreasing. Periods in which nothing was scanned are left out.
  public var times: [Timestamp]
  /// One a tag, each list as long as `times`.
  public var columns: [Column]

  public struct Column: Hashable, Sendable {
    /// ``Value/bits`` of the least and the greatest raw value; 0 where the count is 0. NaNs are passed over unless there
    /// is nothing else.
    public var minimums: [Int64]
    public var maximums: [Int64]
    /// The sum of the raw values, held at the bounds of 64 bits, for boolean and integer tags; ``Value/bits`` of the mean,
    /// in the tag's own type, for float tags (a NaN among the values makes it NaN). 0 where the count is 0.
    public var totals: [Int64]
    /// Readings with a value, good or uncertain.
    public var counts: [Int64]
    /// The texts of a text tag: its `maximums` are the indices of the last text of each period, its `minimums` and
    /// `totals` are 0. Empty for numbers.
    public var texts: TextTable

    public init(
      minimums: [Int64] = [], maximums: [Int64] = [], totals: [Int64] = [], counts: [Int64] = [],
      texts: TextTable = TextTable()
    ) {
      self.texts = texts
      self.minimums = minimums
      self.maximums = maximums
      self.totals = totals
      self.counts = counts
    }

    /// The last text of a row of a text tag; nil when there was none.
    public func lastText(row: Int) -> String? { counts[row] > 0 ? texts[maximums[row]] : nil }

    /// The mean raw value of a row, before the tag's ``Scaling``; nil when there was no reading with a value, and for texts.
    public func mean(row: Int, type: ValueType) -> Double? {
      guard counts[row] > 0, type != .text else { return nil }
      switch Value(type: type == .boolean ? .integer : type, bits: totals[row]) {
      case .boolean(let flag): return flag ? 1 : 0
      case .integer(let sum): return Double(sum) / Double(counts[row])
      case .float32(let mean): return Double(mean)
      case .float64(let mean): return mean
      }
    }
  }

  public init(device: Int, periodMilliseconds: Int64, times: [Timestamp] = [], columns: [Column]) {
    self.device = device
    self.periodMilliseconds = periodMilliseconds
    self.times = times
    self.columns = columns
  }

  public var rowCount: Int { times.count }
  /// Rows times tags.
  public var cellCount: Int { times.count * columns.count }
}
