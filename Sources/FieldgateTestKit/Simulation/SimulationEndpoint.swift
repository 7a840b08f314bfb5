/// One bus of a simulation: its devices, and how a gateway reaches them.
public struct SimulationEndpoint: Sendable {
  /// The bus's name in the gateway's configuration.
  public let bus: String
  public let kind: ConfigurationMap.Bus.Kind
  public let units: SimulatedUnits

  var isSerial: Bool {
    if case .rtu = kind { true } else { false }
  }
}
