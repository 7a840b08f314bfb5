/// What was seen of a serial port, without opening it.
public struct PortEvidence: Sendable {
  public struct Holder: Hashable, Sendable {
    public var pid: Int
    public var program: String
    public init(pid: Int, program: String) {
      self.pid = pid
      self.program = program
    }
  }

  /// As in the configuration.
  public var path: String
  public var exists = true
  public var isCharacterDevice = true
  public var isPseudoTerminal = false
  /// The user of the service, and whether owner, group and mode of the file let it read and write.
  public var user = "fieldgate"
  public var isAllowed: Bool?
  /// `crw-rw---- root dialout`
  public var permissions = ""
  public var group = "dialout"
  /// Whether the file's group may read and write: then membership is what is missing.
  public var isOpenToGroup = true
  /// Other programs that have it open; only root sees those of other users.
  public var holders: [Holder] = []
  public var areHoldersKnown = true
  /// The daemon has it open.
  public var isHeldByDaemon = false
  /// The port's own lasting name under /dev/serial/by-id.
  public var lastingName: String?
  /// All ports there.
  public var lastingNames: [String] = []
  public init(path: String) { self.path = path }
}

/// How a serial line is set.
public struct LineEvidence: Sendable {
  public var baud: Int
  /// `none`, `even` or `odd`.
  public var parity: String
  public var stopBits: Int
  public var timeoutMilliseconds: Int
  public init(baud: Int, parity: String, stopBits: Int, timeoutMilliseconds: Int) {
    self.baud = baud
    self.parity = parity
    self.stopBits = stopBits
    self.timeoutMilliseconds = timeoutMilliseconds
  }
}
