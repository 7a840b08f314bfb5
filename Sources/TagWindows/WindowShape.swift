import Telemetry

/// Which samples belong together.
public enum WindowShape: Hashable, Sendable {
  /// One window behind the other, each from a multiple of its length (since 1970, plus the offset) to the next.
  case tumbling(length: Duration)
  /// A window of this length ends at every multiple of `every`, so that windows overlap.
  case hopping(length: Duration, every: Duration)
  /// At each sample the time up to it; its beginning does not belong to it, so that 600 s hold 600 samples of each
  /// second.
  case sliding(length: Duration)
  /// From the first sample until none has come for `timeout`, at most `longest`.
  case session(timeout: Duration, longest: Duration)
  /// The newest `samples` good samples, each time that `every` of them came.
  case count(samples: Int, every: Int)

  public static let defaultLongestSession = Duration.seconds(86_400)

  /// As it is written in a configuration.
  public var name: String {
    switch self {
    case .tumbling: "tumbling"
    case .hopping: "hopping"
    case .sliding: "sliding"
    case .session: "session"
    case .count: "count"
    }
  }

  /// The longest time between beginning and end in milliseconds; nil for a count of samples.
  var length: Int64? {
    switch self {
    case .tumbling(let length), .hopping(let length, _), .sliding(let length), .session(_, let length):
      length.wholeMilliseconds
    case .count: nil
    }
  }

  /// Milliseconds between two ends on the grid; nil for the shapes without a grid.
  var hop: Int64? {
    switch self {
    case .tumbling(let length): length.wholeMilliseconds
    case .hopping(_, let every): every.wholeMilliseconds
    case .sliding, .session, .count: nil
    }
  }
}
