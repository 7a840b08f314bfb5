import GatewayCore

/// What the engine did and what it had to let go, each by name, since the daemon started.
struct EngineCounters: Sendable {
  var scans = 0
  var samples = 0
  var goodSamples = 0
  var alarmEvents = 0
  var commits = 0
  var failedCommits = 0
  var batchesCut = 0
  var requestsSent = 0
  var bytesSent = 0
  /// Samples not taken because memory was full while the store did not answer.
  var samplesDropped = 0
  /// Alarm events not kept for the same reason.
  var alarmEventsDropped = 0
  /// Scans of devices that a reload had removed or changed while they were under way.
  var scansSuperseded = 0
  var reloads = 0
  var messages: [PublishOutcome: Int] = [:]
  /// Messages of the broker that reached the engine, and those of them with a topic that it does not know.
  var messagesReceived = 0
  var messagesUnknown = 0
}
