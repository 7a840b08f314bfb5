import CMosquitto
import GatewayCore
import Synchronization
import Threads

extension MQTTConnection {
  /// Connect, serve until the connection ends, wait, again.
  func run() {
    let longest = endpoint.isLocal ? Self.longestLocalRetry : Self.longestRetry
    var retry = Self.firstRetry
    var selection = MQTTVersionSelection(endpoint.version)
    var tls: TLSContext?
    while !isStopping.load(ordering: .sequentiallyConsistent) {
      let wasConnected = serveOnce(selection.current, &tls)
      if isStopping.load(ordering: .sequentiallyConsistent) { return }
      if wasConnected { retry = Self.firstRetry }
      let end = shared.withLock { state -> MQTTVersionSelection.End in
        state.versionWasRefused ? .versionRefused : state.wasAnswered || !state.wasReached ? .answered : .noAnswer
      }
      if selection.ended(end) { continue }
      // Many gateways may have lost the same broker at the same moment.
      let wait = endpoint.isLocal ? retry : retry * Double.random(in: 0.5...1)
      _ = stopRequests.receive(timeout: wait)
      if !wasConnected { retry = min(retry * 2, longest) }
    }
  }

  /// - Returns: true when the broker had accepted the connection.
  private func serveOnce(_ version: MQTTVersion, _ tls: inout TLSContext?) -> Bool {
    shared.withLock { state in
      state.version = version
      state.wasReached = false
      state.wasAnswered = false
      state.wasAccepted = false
      state.versionWasRefused = false
      state.logged = ""
    }
    let new: MQTTClient
    do throws(MQTTError) {
      new = try client(version, &tls)
    } catch {
      report(error.description)
      return false
    }
    setCallbacks(new.handle)
    defer {
      client.withLock { $0 = nil }
      new.destroy()
    }
    shared.withLock { $0.isConnecting = true }
    let result = new.connect(to: endpoint, keepAliveSeconds: Self.keepAliveSeconds, version: version)
    shared.withLock { $0.isConnecting = false }
    guard result == MOSQ_ERR_SUCCESS.rawValue.signed else {
      report(trouble(tls).text(result, cause: MQTTError.text(result), wasReached: false))
      return false
    }
    shared.withLock { $0.wasReached = true }
    client.withLock { $0 = new }
    let end = serve(new.handle)
    let (wasConnected, wasAnswered) = shared.withLock { ($0.isConnected, $0.wasAnswered) }
    if wasConnected {
      disconnected(end)
    } else if !wasAnswered {
      report(trouble(tls).text(end, cause: MQTTError.text(end), wasReached: true))
    }
    return shared.withLock { $0.wasAccepted }
  }

  private func client(_ version: MQTTVersion, _ tls: inout TLSContext?) throws(MQTTError) -> MQTTClient {
    if let wanted = endpoint.tls {
      if tls?.isCurrent(wanted) != true { tls = try TLSContext(wanted, host: endpoint.host) }
    }
    let new = try MQTTClient(
      endpoint, version: version, tls: tls, context: Unmanaged.passUnretained(self).toOpaque())
    if let login = endpoint.login {
      do throws(MQTTError) {
        try new.logIn(login)
      } catch {
        new.destroy()
        throw error
      }
    }
    return new
  }

  /// - Returns: libmosquitto's reason for the end.
  private func serve(_ handle: OpaquePointer) -> Int32 {
    while true {
      let result = mosquitto_loop(handle, 1_000, 1)
      guard result == MOSQ_ERR_SUCCESS.rawValue.signed else { return result }
      guard isStopping.load(ordering: .sequentiallyConsistent) else { continue }
      guard shared.withLock({ $0.isConnected }) else { return result }
      // The stop came while this connection was made, and found nothing to say goodbye to.
      let isLate = shared.withLock { state in
        defer { state.saidGoodbye = true }
        return !state.saidGoodbye
      }
      if isLate { mosquitto_disconnect(handle) }
    }
  }

  private func trouble(_ tls: TLSContext?) -> ConnectionTrouble {
    ConnectionTrouble(endpoint: endpoint, finding: tls?.takeFinding(), logged: shared.withLock { $0.logged })
  }

  func report(_ text: String) { onEvent(.state(.disconnected(text))) }
}
