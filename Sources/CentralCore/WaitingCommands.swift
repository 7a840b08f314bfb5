import BatchCodec
public import Telemetry

/// Commands of operators that wait for their gateways. Pure: the store keeps them, this hands them out.
public struct WaitingCommands: Sendable {
  private var byGateway: [String: [OperatorCommand]] = [:]

  /// - Parameter commands: oldest first.
  public init(_ commands: [OperatorCommand] = []) {
    for command in commands { byGateway[command.gateway, default: []].append(command) }
  }

  public func hasRoom(for gateway: String) -> Bool {
    (byGateway[gateway]?.count ?? 0) < OperatorCommand.maximumWaiting
  }

  public mutating func add(_ command: OperatorCommand) { byGateway[command.gateway, default: []].append(command) }

  /// Oldest first.
  public func all(of gateway: String) -> [OperatorCommand] { byGateway[gateway] ?? [] }

  /// What goes into the next answer to a gateway; the same again until an event answers it.
  public mutating func next(for gateway: String, now: Timestamp) -> [OperatorCommand] {
    guard let waiting = byGateway[gateway] else { return [] }
    let alive = waiting.filter { now - $0.created < OperatorCommand.lifetime }
    byGateway[gateway] = alive.isEmpty ? nil : alive
    return Array(alive.prefix(OperatorCommand.maximumInAnswer))
  }

  /// The batches of a commit are stored, and with them the events that answer commands.
  public mutating func committed(_ group: IngestMachine.Group) {
    guard !byGateway.isEmpty else { return }
    for (key, batch) in group.batches {
      guard case .alarms(let events, _) = batch.summary.content, let waiting = byGateway[key.gateway] else { continue }
      let answered = Set(events.map(\.command))
      let left = waiting.filter { !answered.contains($0.number) }
      byGateway[key.gateway] = left.isEmpty ? nil : left
    }
  }
}
