public import GatewayCore

/// A new configuration for a running engine, with the parts that go with it.
public final class Reconfiguration: @unchecked Sendable {  // handed over whole by whoever made it
  /// What becomes of a connection.
  public enum Part<Connection> {
    case kept
    /// Another one, or none, takes its place.
    case replaced(Connection?)
  }

  public let configuration: RunningConfiguration
  /// In the order of the settings.
  public let buses: [any BusObserver]
  public let broker: Part<any MessageBroker>
  public let central: Part<any CentralLink>
  /// Called on the engine's thread when it has switched, or with the reason why it did not.
  public let finished: @Sendable (String?) -> Void

  public init(
    configuration: RunningConfiguration, buses: [any BusObserver], broker: Part<any MessageBroker> = .kept,
    central: Part<any CentralLink> = .kept, finished: @escaping @Sendable (String?) -> Void
  ) {
    self.configuration = configuration
    self.buses = buses
    self.broker = broker
    self.central = central
    self.finished = finished
  }
}
