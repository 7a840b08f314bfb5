import GatewayCore
import LocalAPI
import Telemetry

/// All that reaches the engine from other threads.
enum EngineEvent: Sendable {
  /// A device was scanned; `fault` is what is wrong with it, in one line, or nil when it answered in full.
  case scan(DeviceScan, fault: String?)
  /// A bus came up (nil) or went down.
  case bus(Int, fault: String?)
  case central(HTTPResult)
  case broker(BrokerState)
  case localAPI(LocalAPIServer.Event)
  /// Commit what waits, say goodbye and return from the loop.
  case stop
}
