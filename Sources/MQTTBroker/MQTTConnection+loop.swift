import CMosquitto
import GatewayCore
import Synchronization
import Threads

extension MQTTConnection {
  /// Connect, serve until the connection ends, wait, again.
  func run() {
    var retry = Self.firstRetry
    var selection = MQTTVersionSelection(endpoint.version)
    while !isStopping.load(ordering: .sequentiallyConsistent) {
      let wasConnected = serveOnce(selection.current)
      if isStopping.load(ordering: .sequentiallyConsistent) { return }
      if wasConnected { retry = Self.firstRetry }
      let end = shared.withLock { state -> MQTTVersionSelection.End in
        state.versionWasRefused ? .versionRefused : state.wasAnswered || !state.wasReached ? .answered : .noAnswer
      }
      if selection.ended(end) { continue }
      _ = stopRequests.receive(timeout: retry)
      if !wasConnected { retry = min(retry * 2, Self.longestRetry) }
    }
  }

  /// - Returns: true when the broker had accepted the connection.
  private func serveOnce(_ version: MQTTVersion) -> Bool {
    let new: MQTTClient
    do throws(MQTTError) {
      new = try MQTTClient(endpoint, version: version, context: Unmanaged.passUnretained(self).toOpaque())
    } catch {
      report(error.description)
      return false
    }
    setCallbacks(new.handle)
    shared.withLock { state in
      state.version = version
      state.wasReached = false
      state.wasAnswered = false
      state.wasAccepted = false
      state.versionWasRefused = false
      state.isConnecting = true
    }
    defer {
      client.withLock { $0 = nil }
      new.destroy()
    }
    let result = new.connect(to: endpoint, keepAliveSeconds: Self.keepAliveSeconds, version: version)
    shared.withLock { $0.isConnecting = false }
    guard result == MOSQ_ERR_SUCCESS.rawValue.signed else {
      report("cannot reach the broker at \(endpoint.address): \(MQTTError.text(result)). Is mosquitto running?")
      return false
    }
    shared.withLock { $0.wasReached = true }
    client.withLock { $0 = new }
    let end = serve(new.handle)
    let (wasConnected, wasAnswered) = shared.withLock { ($0.isConnected, $0.wasAnswered) }
    if wasConnected {
      disconnected(end)
    } else if !wasAnswered {
      report("the broker at \(endpoint.address) closed the connection without an answer: \(MQTTError.text(end))")
    }
    return shared.withLock { $0.wasAccepted }
  }

  /// - Returns: libmosquitto's reason for the end.
  private func serve(_ handle: OpaquePointer) -> Int32 {
    while true {
      let result = mosquitto_loop(handle, 1_000, 1)
      guard result == MOSQ_ERR_SUCCESS.rawValue.signed else { return result }
      if isStopping.load(ordering: .sequentiallyConsistent), !shared.withLock({ $0.isConnected }) { return result }
    }
  }

  func report(_ text: String) { onEvent(.state(.disconnected(text))) }
}
