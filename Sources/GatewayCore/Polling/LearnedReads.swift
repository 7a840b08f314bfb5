public import Telemetry

/// What a device has taught about what it refuses to read. Kept over restarts: `docs/formats/learned-reads.md`.
public struct LearnedReads: Hashable, Sendable {
  /// Where a value stands.
  public struct Place: Hashable, Comparable, Sendable {
    public var table: RegisterTable
    public var address: UInt16
    /// Entries of the value.
    public var count: Int

    public init(table: RegisterTable, address: UInt16, count: Int) {
      self.table = table
      self.address = address
      self.count = count
    }

    init(_ point: RegisterPoint) {
      self.init(table: point.table, address: point.address, count: point.entryCount)
    }

    public static func < (left: Self, right: Self) -> Bool {
      (left.table.rawValue, left.address, left.count) < (right.table.rawValue, right.address, right.count)
    }
  }

  /// A place that the device does not give out, even when it is asked for alone.
  public struct Refusal: Hashable, Sendable {
    /// The code with which it was refused.
    public var exception: UInt8
    /// How often, 1 or more.
    public var times: Int
    /// It is asked for again then.
    public var retryAt: MonotonicTime

    public init(exception: UInt8, times: Int, retryAt: MonotonicTime) {
      self.exception = exception
      self.times = times
      self.retryAt = retryAt
    }
  }

  /// Requests do not reach over this border: both sides can be read, but not together.
  public struct Cut: Hashable, Comparable, Sendable {
    public var table: RegisterTable
    /// First address behind the border.
    public var address: UInt16

    public init(table: RegisterTable, address: UInt16) {
      self.table = table
      self.address = address
    }

    public static func < (left: Self, right: Self) -> Bool {
      (left.table.rawValue, left.address) < (right.table.rawValue, right.address)
    }
  }

  /// A refused place is asked for again after this long, then after twice as long, and so on …
  public static let firstRetry = Duration.seconds(60)
  /// … up to this: some devices have registers only at times, such as inverters that sleep at night.
  public static let longestRetry = Duration.seconds(3_600)

  public var refusals: [Place: Refusal]
  public var cuts: Set<Cut>

  public init(refusals: [Place: Refusal] = [:], cuts: Set<Cut> = []) {
    self.refusals = refusals
    self.cuts = cuts
  }

  public var isEmpty: Bool { refusals.isEmpty && cuts.isEmpty }

  mutating func refuse(_ place: Place, exception: UInt8, now: MonotonicTime) {
    let times = min((refusals[place]?.times ?? 0) + 1, 1_000)
    refusals[place] = Refusal(exception: exception, times: times, retryAt: now + Self.pause(after: times))
  }

  /// How long a place that was refused so many times is left alone.
  public static func pause(after times: Int) -> Duration {
    min(firstRetry * (1 << min(max(times, 1) - 1, 10)), longestRetry)
  }

  /// Places that are due to be asked for again, in order.
  func due(now: MonotonicTime) -> [Place] {
    refusals.isEmpty ? [] : refusals.filter { $0.value.retryAt <= now }.keys.sorted()
  }
}
