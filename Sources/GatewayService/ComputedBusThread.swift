import GatewayCore
import GatewayRuntime
import Telemetry
import Threads

/// Stands for the bus of computed devices, which has no line and no thread: the engine computes them itself.
final class ComputedBusThread: BusThread {
  /// The bus's handle (``RunningConfiguration``).
  let index: Int
  let name: String

  init(index: Int, name: String) {
    self.index = index
    self.name = name
  }

  var current: BusReport {
    var statistics = PollStatistics()
    statistics.isBusUp = true
    return BusReport(statistics: statistics)
  }

  /// There is no loop that could hang.
  var lastTurn: MonotonicTime { SystemClock.monotonic() }

  func start() {}
  func askToStop() {}
  func join() {}
}
