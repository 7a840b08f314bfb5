import Telemetry

/// The times of a window's shape in milliseconds, as each sample needs them: a `Duration` has 128 bits, and dividing
/// such a number costs more than everything else that is done with a sample.
enum WindowCourse: Hashable, Sendable {
  /// Tumbling and hopping.
  case grid(length: Int64, hop: Int64)
  case sliding(length: Int64)
  case session(timeout: Int64, longest: Int64)
  case count(samples: Int, every: Int)

  init(_ shape: WindowShape) {
    switch shape {
    case .tumbling(let length):
      self = .grid(length: length.wholeMilliseconds, hop: length.wholeMilliseconds)
    case .hopping(let length, let every):
      self = .grid(length: length.wholeMilliseconds, hop: every.wholeMilliseconds)
    case .sliding(let length): self = .sliding(length: length.wholeMilliseconds)
    case .session(let timeout, let longest):
      self = .session(timeout: timeout.wholeMilliseconds, longest: longest.wholeMilliseconds)
    case .count(let samples, let every): self = .count(samples: samples, every: every)
    }
  }
}
