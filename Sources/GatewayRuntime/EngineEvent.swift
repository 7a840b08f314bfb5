public import GatewayCore
public import Telemetry

/// All that reaches the engine from outside.
public enum EngineEvent: Sendable {
  /// A device was scanned; the scan's `device` is the device's handle (``RunningConfiguration``). `fault` is what is wrong with it, in one line, or nil when it answered in full. `started` is
  /// the boot clock's time of the scan, from which its wall-clock time is corrected when that clock was wrong.
  case scan(DeviceScan, started: MonotonicTime, fault: String?)
  /// The bus with this handle came up (nil) or went down.
  case bus(Int, fault: String?)
  /// A job of a bus is over (``BusObserver/submit(_:)``).
  case job(BusJobResult)
  case central(HTTPResult)
  case broker(BrokerState)
  /// A message of the broker on a topic that the engine subscribed to.
  case message(BrokerMessage)
  /// The broker does not let us subscribe to a topic filter; its words.
  case subscriptionRefused(filter: String, String)
  /// A line of a client of the local API, without its newline.
  case request(client: Int, [UInt8])
  /// A client of the local API is gone.
  case viewerLeft(client: Int)
  /// Go on with another connection to central: its certificate was renewed. Nil: there is none.
  case centralReplaced(CentralReplacement)
  /// Go on with another configuration.
  case reconfigure(Reconfiguration)
  /// What came of ``StateMemory/save(_:)``; nil: it is saved.
  case stateSaved(StateMemoryFailure?)
  /// The opening of the store is over that was under way (``OutboxStoreError/Kind/opening``).
  case storeReady
  /// Commit what waits, say goodbye and return from the loop.
  case stop
}

/// Another connection to central, on its way to the engine.
public struct CentralReplacement: @unchecked Sendable {  // given away by the sender, used by the engine's thread alone
  let link: (any CentralLink)?

  public init(_ link: (any CentralLink)?) { self.link = link }
}
