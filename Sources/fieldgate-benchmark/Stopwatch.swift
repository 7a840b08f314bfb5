import Glibc

/// Seconds that some work took.
struct Stopwatch {
  private(set) var wall = 0.0
  /// Of this process, in user and system mode.
  private(set) var processor = 0.0

  /// Adds what the work took.
  mutating func run<Result>(_ work: () throws -> Result) rethrows -> Result {
    let began = (Self.now(CLOCK_MONOTONIC), Self.now(CLOCK_PROCESS_CPUTIME_ID))
    defer {
      wall += Self.now(CLOCK_MONOTONIC) - began.0
      processor += Self.now(CLOCK_PROCESS_CPUTIME_ID) - began.1
    }
    return try work()
  }

  static func time(_ work: () throws -> Void) rethrows -> Self {
    var watch = Self()
    try watch.run(work)
    return watch
  }

  private static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
