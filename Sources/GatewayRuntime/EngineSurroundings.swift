public import GatewayCore
public import Telemetry

/// The two clocks, as the engine sees them; a simulation has its own.
public protocol EngineClock: AnyObject {
  func monotonic() -> MonotonicTime
  func wall() -> Timestamp
  /// The system says that the wall clock is set by a time server.
  var isSynchronized: Bool { get }
  /// Minutes since Monday's midnight in the site's time zone, 0 to 10,079.
  func minuteOfWeek(_ time: Timestamp) -> Int
  /// Names the run of the machine that ``monotonic()`` counts from; empty when nobody knows.
  var bootName: String { get }
}

extension EngineClock {
  public var bootName: String { "" }
}

extension EngineClock {
  /// Minutes since midnight in the site's time zone, 0 to 1439.
  func minuteOfDay(_ time: Timestamp) -> Int { minuteOfWeek(time) % 1_440 }
}

/// The way to central: requests out, results back as events.
public protocol CentralLink: AnyObject {
  func perform(_ request: HTTPRequest)
}

/// The way back to the clients of the local API.
public protocol LocalAPIReplies: AnyObject {
  @discardableResult func send(_ line: [UInt8], to client: Int) -> Bool
  /// Whose program the client is, as the system knows it; nil when it does not.
  func user(of client: Int) -> String?
}

extension LocalAPIReplies {
  public func user(of client: Int) -> String? { nil }
}

/// Whoever started the daemon and watches over it.
public protocol ServiceSupervisor: AnyObject {
  /// How long the watchdog waits; nil when there is none.
  var watchdogInterval: Duration? { get }
  func feedWatchdog()
  /// One line for people.
  func show(_ status: String)
}

/// Whoever looks after this gateway's certificate.
public protocol IdentityObserver: AnyObject {
  /// Nil while the configuration names its files by hand, or no central.
  var report: RenewalReport? { get }
}

/// What is known of one bus, from its own thread.
public protocol BusObserver: AnyObject {
  /// Its handle (``RunningConfiguration``): at the start its place among the configuration's buses.
  var index: Int { get }
  var name: String { get }
  var current: BusReport { get }
  /// When its loop last turned.
  var lastTurn: MonotonicTime { get }
  /// Something to be done besides polling. False when the bus takes no more; otherwise ``EngineEvent/job(_:)`` comes.
  func submit(_ job: BusJob) -> Bool
  /// Scans a device more often from now on, or (nil) at its own pace again.
  ///
  /// - Parameter device: its handle (``RunningConfiguration``).
  func watchClosely(device: Int, every interval: Duration?)
}

extension BusObserver {
  /// A bus that only reports takes nothing.
  public func submit(_ job: BusJob) -> Bool { false }
  public func watchClosely(device: Int, every interval: Duration?) {}
}

/// What `fieldgate status` shows of a bus.
public struct BusReport: Sendable {
  public var statistics: PollStatistics
  /// By the handle of the device (``RunningConfiguration``).
  public var health: [Int: DeviceHealth]
  /// Scans that the engine could not take, because it was behind by ``EngineLimits/waitingEvents`` events.
  public var scansDropped: Int
  /// Of a bus of serial lines: what came over it.
  public var serial: SerialCounts?
  /// How the devices are read; empty on a bus that is not Modbus.
  public var plans: [DeviceReadPlan] = []

  public init(
    statistics: PollStatistics, health: [Int: DeviceHealth] = [:], scansDropped: Int = 0, serial: SerialCounts? = nil
  ) {
    self.serial = serial
    self.statistics = statistics
    self.health = health
    self.scansDropped = scansDropped
  }
}
