import Telemetry

/// One seed from beginning to end.
public struct SimulationRun: Sendable {
  public let scenario: Scenario
  public let anomalies: [Anomaly]
  public let faults: [Scenario.Fault: Int]
  public let acceptedSamples: Int
  public let virtualTime: Duration
  public let trace: [String]

  /// - Parameter isTracing: fills ``trace``.
  public init(_ scenario: Scenario, bugs: PlantedBugs = [], isTracing: Bool = false) {
    let world = SimulatedWorld(scenario, bugs: bugs, isTracing: isTracing)
    world.run()
    self.scenario = scenario
    anomalies = world.history.anomalies
    faults = world.history.faults
    acceptedSamples = world.history.accepted.count
    virtualTime = world.time.now - .zero
    trace = world.history.trace
  }
}
