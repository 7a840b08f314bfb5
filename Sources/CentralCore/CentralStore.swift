public import AlarmStates
public import Telemetry

/// Why a store of central failed, in one line: what, where, cause, next step.
public struct CentralStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}

/// The writing side of central's store. One thread owns it; calls block until the disk has answered.
public protocol CentralStore: AnyObject {
  /// Where a lane stands; ``LaneHead/empty`` when there is none.
  func head(_ key: LaneKey) throws(CentralStoreError) -> LaneHead

  /// Check sum of the batch that covers a number; nil when there is none.
  func checksum(_ key: LaneKey, number: UInt64) throws(CentralStoreError) -> UInt32?

  /// Stores batches and moves positions, in one transaction. When it throws, the outcome is unknown.
  ///
  /// - Parameter received: when the batches came, by central's clock.
  func commit(_ group: IngestMachine.Group, received: Timestamp) throws(CentralStoreError)

  /// Keeps a command for a gateway, and drops those that are older than ``OperatorCommand/lifetime``. An event that answers
  /// a command takes it away, in the transaction that stores the event.
  func add(_ command: OperatorCommand) throws(CentralStoreError)

  /// Commands that no event has answered, oldest first.
  func commands() throws(CentralStoreError) -> [OperatorCommand]
}

/// A gateway as the query API lists it.
public struct GatewayOverview: Hashable, Sendable {
  public struct LanePosition: Hashable, Sendable {
    public var epoch: Epoch
    public var lane: Lane
    public var position: UInt64
    public var newest: Timestamp?
    public var batches: Int
    public var records: Int
    public var bytes: Int

    public init(
      epoch: Epoch, lane: Lane, position: UInt64, newest: Timestamp?, batches: Int, records: Int, bytes: Int
    ) {
      self.epoch = epoch
      self.lane = lane
      self.position = position
      self.newest = newest
      self.batches = batches
      self.records = records
      self.bytes = bytes
    }
  }

  public var name: String
  public var firstSeen: Timestamp
  public var lastSeen: Timestamp
  public var devices: Int
  public var tags: Int
  public var activeAlarms: Int
  /// Alarms that nobody has acknowledged, gone or not.
  public var unacknowledgedAlarms = 0
  public var lanes: [LanePosition]

  public init(
    name: String, firstSeen: Timestamp, lastSeen: Timestamp, devices: Int, tags: Int, activeAlarms: Int,
    lanes: [LanePosition]
  ) {
    self.name = name
    self.firstSeen = firstSeen
    self.lastSeen = lastSeen
    self.devices = devices
    self.tags = tags
    self.activeAlarms = activeAlarms
    self.lanes = lanes
  }

  /// Loss notices that the gateway has sent.
  public var losses = 0
  /// Epochs that it has used; more than one means that its store was damaged, restored, copied or made anew.
  public var epochs: Int { Set(lanes.map(\.epoch)).count }

  /// Time of the newest telemetry sample.
  public var newest: Timestamp? { lanes.filter { $0.lane == .telemetry }.compactMap(\.newest).max() }
}

/// A tag with its newest reading.
public struct LatestValue: Hashable, Sendable {
  public var device: String
  public var tag: TagDefinition
  public var time: Timestamp
  public var reading: Reading
  /// Of a text tag whose reading has a value.
  public var text: String?

  public init(device: String, tag: TagDefinition, time: Timestamp, reading: Reading, text: String? = nil) {
    self.text = text
    self.device = device
    self.tag = tag
    self.time = time
    self.reading = reading
  }
}

/// One sample of a tag, with the definition it was made under.
public struct Sample: Hashable, Sendable {
  public var time: Timestamp
  public var reading: Reading
  public var definition: TagDefinition
  /// What is left of several samples after the gateway thinned them; ``reading`` is then nothing.
  public var aggregate: Aggregate?
  /// Of a text tag: the text, or the last one of an aggregate, whose numbers say nothing then.
  public var text: String?

  /// Values are in the tag's unit.
  public struct Aggregate: Hashable, Sendable {
    public var periodMilliseconds: Int64
    public var count: Int64
    public var minimum: Double
    public var maximum: Double
    public var mean: Double

    public init(periodMilliseconds: Int64, count: Int64, minimum: Double, maximum: Double, mean: Double) {
      self.periodMilliseconds = periodMilliseconds
      self.count = count
      self.minimum = minimum
      self.maximum = maximum
      self.mean = mean
    }
  }

  public init(
    time: Timestamp, reading: Reading, definition: TagDefinition, aggregate: Aggregate? = nil, text: String? = nil
  ) {
    self.text = text
    self.time = time
    self.reading = reading
    self.definition = definition
    self.aggregate = aggregate
  }
}

/// An alarm event of a gateway.
public struct StoredAlarm: Hashable, Sendable {
  public var gateway: String
  public var event: AlarmEvent

  public init(gateway: String, event: AlarmEvent) {
    self.gateway = gateway
    self.event = event
  }
}

/// An alarm that is not simply normal, as its events add up.
public struct StoredAlarmState: Hashable, Sendable {
  public var gateway: String
  /// The newest one that raised or ended it.
  public var event: AlarmEvent
  public var standing: AlarmStanding

  public init(gateway: String, event: AlarmEvent, standing: AlarmStanding) {
    self.gateway = gateway
    self.event = event
    self.standing = standing
  }
}

/// What a gateway says that it has lost, for good.
public struct StoredLoss: Hashable, Sendable {
  public var gateway: String
  public var received: Timestamp
  public var notice: LossNotice

  public init(gateway: String, received: Timestamp, notice: LossNotice) {
    self.gateway = gateway
    self.received = received
    self.notice = notice
  }
}

/// The reading side of central's store. Each value of it belongs to one thread; each call sees one state of the store.
public protocol CentralQueries: AnyObject {
  func gateways() throws(CentralStoreError) -> [GatewayOverview]

  /// Tags of a gateway with their newest readings, by device and tag; nil when there is no such gateway.
  func latest(gateway: String) throws(CentralStoreError) -> [LatestValue]?

  /// Samples with `from <= time < until`, in the order of time, at most `limit`; nil when the gateway has no such tag.
  func samples(
    gateway: String, device: String, tag: String, from: Timestamp, until: Timestamp, limit: Int
  ) throws(CentralStoreError) -> [Sample]?

  /// Events with `from <= time < until`, newest first; of all gateways when `gateway` is nil.
  func alarmEvents(
    gateway: String?, from: Timestamp, until: Timestamp, limit: Int
  ) throws(CentralStoreError) -> [StoredAlarm]

  /// Loss notices, newest first; of all gateways when `gateway` is nil.
  func losses(gateway: String?, limit: Int) throws(CentralStoreError) -> [StoredLoss]

  /// Alarms that are active, wait to be acknowledged, or are set aside; of all gateways when `gateway` is nil.
  func alarmStates(gateway: String?) throws(CentralStoreError) -> [StoredAlarmState]

  /// When a gateway was last seen, and the times of its samples by store, batches with times before 2001 left out: they
  /// come from clocks that were not set. Empty when there is no such gateway.
  func epochSpans(gateway: String) throws(CentralStoreError) -> (lastSeen: Timestamp?, spans: [EpochSpan])
}
