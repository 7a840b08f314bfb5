import Glibc

/// Seconds since a simulation began, on the monotonic clock.
struct ServerClock: Sendable {
  private let start = Self.now()

  var elapsed: Double { Self.now() - start }

  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// What the kernel refused, in one line.
public struct SimulatorError: Error, CustomStringConvertible {
  public var description: String

  init(_ what: String) {
    description = "\(what): \(String(cString: strerror(errno)))"
  }
}
