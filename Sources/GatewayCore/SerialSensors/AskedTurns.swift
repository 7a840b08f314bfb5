import Telemetry

/// When a device that is asked is due: a grid of its interval, without drift; a silent one is asked more rarely.
struct AskedTurns: Hashable, Sendable {
  /// Scans without an answer before a device that shares its line is asked more rarely.
  static let patience = 3
  static let longestPause = Duration.seconds(30)

  private let interval: Duration
  private(set) var due: MonotonicTime
  private var failures = 0
  private var nextProbe = MonotonicTime.zero

  /// - Parameter start: the first scan.
  init(interval: Duration, start: MonotonicTime) {
    self.interval = max(interval, .milliseconds(10))
    due = start
  }

  /// Goes on to the next point of the grid behind `now`.
  ///
  /// - Returns: points that were passed over because the line was busy.
  mutating func begin(now: MonotonicTime) -> Int {
    let passed = max(0, (now - due).wholeNanoseconds / interval.wholeNanoseconds)
    due = due + interval * Int(passed + 1)
    return Int(passed)
  }

  /// It is not worth asking now.
  func isPausing(now: MonotonicTime) -> Bool { failures >= Self.patience && now < nextProbe }

  mutating func answered() { failures = 0 }

  mutating func failed(now: MonotonicTime) {
    failures += 1
    guard failures >= Self.patience else { return }
    let doubled = max(interval, .seconds(1)) * (1 << min(failures - Self.patience + 1, 5))
    nextProbe = now + min(doubled, Self.longestPause)
  }
}
