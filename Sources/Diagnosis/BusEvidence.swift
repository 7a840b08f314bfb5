/// What was seen of one bus.
public struct BusEvidence: Sendable {
  public enum Kind: Sendable {
    case modbusRTU(PortEvidence, LineEvidence)
    case modbusTCP(address: String, Reachability?)
    case serialLines(PortEvidence, LineEvidence)
    /// The daemon knows the bus; the file cannot be read.
    case unknown
  }

  public struct Device: Sendable {
    public var name: String
    /// Nil for devices that speak no Modbus.
    public var unit: Int?
    public var requests = 0
    public var replies = 0
    /// Asked rarely, because it does not answer.
    public var isSilent = false
    /// Replies that another unit sent in its place, and which one.
    public var wrongUnitReplies = 0
    public var answeredBy: Int?
    /// Replies with a wrong check sum, or that did not fit for another reason.
    public var damagedReplies = 0
    /// `good`, `uncertain`, `bad` or `waiting`.
    public var quality = "good"
    public var fault: String?
    /// `supply_temp (illegal data address)`
    public var refused: [String] = []
    public init(_ name: String) { self.name = name }
  }

  /// Counted by the daemon since its start.
  public struct Figures: Sendable {
    public var isUp = true
    public var fault: String?
    public var requests = 0
    /// By the words of qualities.
    public var failures: [String: Int] = [:]
    public var lateReplies = 0
    public var scans = 0
    public var scansLate = 0
    public var scansSkipped = 0
    /// Lines of sensors that speak no Modbus.
    public var serial: Lines?
    public var devices: [Device] = []
    public init() {}
  }

  public struct Lines: Sendable {
    public var lines = 0
    public var unmatched = 0
    public var damaged = 0
    public init() {}
  }

  public var name: String
  public var kind: Kind
  /// Part of the bus's time that its plan takes; above 1 it cannot be done.
  public var plannedLoad: Double?
  public var figures: Figures?

  public init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }
}
