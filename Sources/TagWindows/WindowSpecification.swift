import Telemetry

/// What a window gathers and computes, checked when it is made.
public struct WindowSpecification: Hashable, Sendable {
  public let shape: WindowShape
  public let function: WindowFunction
  /// How many tags give samples; 1 or more. Functions that follow a course need 1.
  public let tags: Int
  /// How late a sample may come, measured against the newest time seen. All results wait as long.
  public let lateness: Duration
  /// How long a value is taken to hold when no other reading comes.
  public let maximumGap: Duration
  /// The least part of the window's time of which the value must be known for a good result, 0 to 1.
  public let minimumCoverage: Double
  /// Only such samples enter; nil: all.
  public let only: SampleCondition?
  /// Moves the grid of tumbling and hopping windows, for days that begin at local midnight: the zone's offset, negated
  /// and made positive.
  public let offset: Duration
  /// Points kept at most. Windows that keep none do not use it.
  public let points: Int

  public static let maximumLength = Duration.seconds(31 * 86_400)
  public static let minimumLength = Duration.milliseconds(100)
  public static let maximumLateness = Duration.seconds(3_600)
  public static let maximumPoints = 100_000
  public static let defaultPoints = 10_000
  /// Of percentiles and medians, whose values are kept in order.
  public static let maximumRankedPoints = 10_000
  public static let maximumTags = 256
  /// Windows that one sample may belong to, the time it may hold included.
  public static let maximumOverlap: Int64 = 10_000
  public static let maximumMagnitude = 1e150

  /// - Parameters:
  ///   - maximumGap: nil is the length of the window, the time-out of a session, or a day for a count of samples.
  ///   - minimumCoverage: nil is 0.5, and 0 for sessions and counts of samples.
  ///   - points: nil is 10,000, and the number of samples of a count.
  /// - Throws: all that is wrong.
  public init(
    _ shape: WindowShape, _ function: WindowFunction, tags: Int = 1, lateness: Duration = .zero,
    maximumGap: Duration? = nil, minimumCoverage: Double? = nil, only: SampleCondition? = nil,
    offset: Duration = .zero, points: Int? = nil
  ) throws(InvalidWindow) {
    self.shape = shape
    self.function = function
    self.tags = tags
    self.lateness = lateness
    self.maximumGap = maximumGap ?? Self.defaultGap(shape)
    self.only = only
    self.offset = offset
    switch shape {
    case .count(let samples, _):
      self.minimumCoverage = minimumCoverage ?? 0
      self.points = points ?? samples
    case .session:
      self.minimumCoverage = minimumCoverage ?? 0
      self.points = points ?? Self.defaultPoints
    case .tumbling, .hopping, .sliding:
      self.minimumCoverage = minimumCoverage ?? 0.5
      self.points = points ?? Self.defaultPoints
    }
    let problems = problems()
    guard problems.isEmpty else { throw InvalidWindow(problems: problems) }
  }

  static func defaultGap(_ shape: WindowShape) -> Duration {
    switch shape {
    case .tumbling(let length), .hopping(let length, _), .sliding(let length): length
    case .session(let timeout, _): timeout
    case .count: .seconds(86_400)
    }
  }

  var gapMilliseconds: Int64 { maximumGap.wholeMilliseconds }

  /// Samples leave one by one, or all values are needed at the end. The others need sums only.
  public var keepsPoints: Bool {
    if function.needsEveryValue { return true }
    return switch shape {
    case .tumbling, .session: false
    case .hopping, .sliding: true
    case .count(let samples, let every): every < samples
    }
  }

  /// Sessions and counts begin with their first sample.
  var keepsEntry: Bool {
    switch shape {
    case .session, .count: false
    case .tumbling, .hopping, .sliding: true
    }
  }

  /// Points in the window; marks between the samples of a count are points too.
  var pointLimit: Int {
    if case .count(let samples, _) = shape { return 2 * samples + 2 }
    return points
  }

  /// Bytes that the window takes at most, waiting samples of its lateness left out: 16 a point, 24 for the sum from it
  /// on, 8 for its rank, rooms rounded up to powers of two.
  public var maximumBytes: Int {
    guard keepsPoints else { return 1_024 }
    var room = 16
    while room < pointLimit + 1 { room *= 2 }
    return 1_024 + room * (16 + (function.partialKind == .none ? 0 : 24) + (function.needsEveryValue ? 8 : 0))
  }
}
