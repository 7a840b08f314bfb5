import Glibc

/// A fact that did not come true in time.
public struct WaitError: Error, CustomStringConvertible {
  public var description: String

  public init(description: String) { self.description = description }
}

/// Looks every 20 ms until `look` gives something.
///
/// - Parameter what: what is awaited, for the error.
public func waitFor<Result>(
  _ what: String, timeout: Duration = .seconds(30), _ look: () throws -> Result?
) throws -> Result {
  let clock = ContinuousClock()
  let deadline = clock.now + timeout
  while true {
    if let result = try look() { return result }
    guard clock.now < deadline else { throw WaitError(description: "waited \(timeout) in vain for \(what)") }
    usleep(20_000)
  }
}

/// Looks every 20 ms until `look` says yes.
public func waitUntil(_ what: String, timeout: Duration = .seconds(30), _ look: () throws -> Bool) throws {
  _ = try waitFor(what, timeout: timeout) { try look() ? true : nil }
}

/// A port of 127.0.0.1 on which nothing listens at this moment.
public func freePort() throws -> Int {
  let (descriptor, port) = try LoopbackSocket.listen(port: 0)
  close(descriptor)
  return port
}

/// Looks every 50 ms until `look` gives something, without holding a thread meanwhile.
public func eventually<Result>(
  _ what: String, timeout: Duration = .seconds(30), isolation: isolated (any Actor)? = #isolation,
  _ look: () throws -> Result?
) async throws -> Result {
  let clock = ContinuousClock()
  let deadline = clock.now + timeout
  while true {
    if let result = try look() { return result }
    guard clock.now < deadline else { throw WaitError(description: "waited \(timeout) in vain for \(what)") }
    try await Task.sleep(for: .milliseconds(50))
  }
}
