import GatewayConfiguration
import GatewayCore

/// The settings as the machines take them; at the start and at every reload.
extension GatewaySettings {
  var outboxPolicy: OutboxPolicy {
    OutboxPolicy(
      flushInterval: outbox.flushInterval, batchInterval: central?.batchInterval ?? OutboxPolicy().batchInterval,
      offlineBatchInterval: central?.offlineBatchInterval ?? OutboxPolicy().offlineBatchInterval)
  }

  var outboxSpace: OutboxSpace {
    OutboxSpace(capacityBytes: outbox.capacityBytes, diskFloorBytes: outbox.diskFloorBytes, keep: outbox.keep)
  }
}
