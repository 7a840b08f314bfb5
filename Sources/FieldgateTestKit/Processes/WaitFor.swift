import Telemetry

/// Polls until `condition` gives a value; the interval grows from 5 ms to 50 ms.
///
/// An error thrown by `condition` counts as "not yet" and is shown if the time runs out, so that reading a file that
/// does not exist yet needs no special care.
///
/// - Parameters:
///   - what: what is awaited, as the rest of "timed out waiting for …".
///   - timeout: how long at most; the condition is tried at least once.
/// - Throws: ``TestKitError`` that names what was awaited, for how long, and what the last try saw.
public func waitFor<T>(_ what: String, timeout: Duration = .seconds(10), _ condition: () throws -> T?) throws -> T {
  let deadline = monotonicNanoseconds() + timeout.wholeNanoseconds
  var interval: Int64 = 5_000_000
  var tries = 0
  while true {
    var seen = "nothing"
    do {
      if let value = try condition() { return value }
    } catch {
      seen = "error: \(error)"
    }
    tries += 1
    guard monotonicNanoseconds() < deadline else {
      throw TestKitError("timed out waiting for \(what) after \(timeout), \(tries) tries; the last one saw \(seen)")
    }
    pause(nanoseconds: interval)
    interval = min(interval * 2, 50_000_000)
  }
}

/// As `waitFor` above, for facts that are true or not yet; `seen` describes what there is instead, for the error.
public func waitUntil(
  _ what: String, timeout: Duration = .seconds(10), seen: () -> String = { "it is not so" },
  _ condition: () throws -> Bool
) throws {
  _ = try waitFor(what, timeout: timeout) { () throws -> Bool? in
    if try condition() { return true }
    throw TestKitError(seen())
  }
}

/// Like ``waitFor(_:timeout:_:)``, without holding a thread of Swift's pool between two looks, which are 50 ms apart.
///
/// Gives up after `timeout` and at least 100 looks: where a crowd of tests holds the pool's threads, the clock goes on
/// while nobody looks, and what is awaited has had no share of the machine either.
public func eventually<T>(
  _ what: String, timeout: Duration = .seconds(30), isolation: isolated (any Actor)? = #isolation,
  _ condition: () throws -> T?
) async throws -> T {
  let clock = ContinuousClock()
  let deadline = clock.now + timeout
  var looks = 0
  while true {
    var seen = "nothing"
    do {
      if let result = try condition() { return result }
    } catch {
      seen = "error: \(error)"
    }
    looks += 1
    guard clock.now < deadline || looks < 100 else {
      throw TestKitError("waited \(timeout) in vain for \(what), \(looks) looks; the last one saw \(seen)")
    }
    try await Task.sleep(for: .milliseconds(50))
  }
}
