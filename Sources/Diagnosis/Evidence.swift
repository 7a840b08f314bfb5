/// What was seen of a gateway. Nil stands for what could not be seen.
public struct Evidence: Sendable {
  public struct Configuration: Sendable {
    public var file = "/etc/fieldgate/gateway.yaml"
    /// As `fieldgate check` prints them, with file, line and column.
    public var errors: [String] = []
    public var warnings: [String] = []
    /// The file cannot be read by the person who asks; then nothing else is known of it.
    public var isHidden = false
    /// The file that the running daemon loaded.
    public var loadedFile: String?
    public var hasChangedSinceLoaded = false
    /// What the newest reload could not change.
    public var needsRestart: [String] = []
    public var reloadFailure: String?
    public init() {}
  }

  public struct Daemon: Sendable {
    public var socket = ""
    public var answers = false
    public var version: String?
    /// Why it does not answer.
    public var failure: String?
    public var isSocketThere = false
    /// The person who asks may not open the socket.
    public var isSocketForbidden = false
    public var processes: [Int] = []
    /// systemd knows the unit `fieldgate`.
    public var isUnitInstalled = false
    public init() {}
  }

  public struct Disk: Sendable {
    public var directory = ""
    public var exists = true
    public var isDirectory = true
    /// The user of the service, and whether it may write there.
    public var user = "fieldgate"
    public var isWritable: Bool?
    public var freeBytes: Int?
    public var floorBytes = 0
    /// The daemon's store takes data.
    public var isStoreGood: Bool?
    /// It takes no data because it is still being opened.
    public var isStoreOpening = false
    public var fullInSeconds: Int?
    public var warnBelowSeconds = 86_400
    public var lostSamples = 0
    public init() {}
  }

  public struct Clock: Sendable {
    /// Seconds since 1970; the program did not exist before `earliestSeconds`.
    public var nowSeconds: Int64 = 0
    public var earliestSeconds: Int64 = 0
    public var isSynchronized = false
    /// Another time service that runs: `chronyd`.
    public var timeService: String?
    public var hasBatteryClock = false
    /// The daemon's opinion.
    public var isTrusted: Bool?
    public init() {}
  }

  public struct Certificates: Sendable {
    public struct Expiry: Sendable {
      public var path: String
      public var days: Int
      /// By the daemon itself.
      public var isRenewed: Bool
      /// Its end is so near that it should have been renewed by now.
      public var isDue: Bool

      /// - Parameter isDue: nil: in the last ``Diagnosis/expiryWarningDays``.
      public init(path: String, days: Int, isRenewed: Bool = false, isDue: Bool? = nil) {
        self.path = path
        self.days = days
        self.isRenewed = isRenewed
        self.isDue = isDue ?? (0..<Diagnosis.expiryWarningDays).contains(days)
      }
    }

    /// Central's or the broker's, one line each.
    public var problems: [String] = []
    public var expiries: [Expiry] = []
    /// Files that the person who asks may not read.
    public var hidden: [String] = []
    public init() {}
  }

  public var configuration = Configuration()
  public var daemon = Daemon()
  public var buses: [BusEvidence] = []
  /// Nil when the configuration is not known.
  public var broker: PeerEvidence?
  public var central: PeerEvidence?
  public var certificates = Certificates()
  public var disk: Disk?
  public var clock = Clock()
  public init() {}
}
