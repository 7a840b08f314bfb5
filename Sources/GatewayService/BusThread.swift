import GatewayRuntime

/// One bus and the thread that drives it.
protocol BusThread: BusObserver, Sendable {
  func start()
  func askToStop()
  /// Returns when the thread has ended.
  func join()
}
