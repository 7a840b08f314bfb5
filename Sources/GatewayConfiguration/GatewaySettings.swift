public import RuleEngine
public import SerialSensors
public import Telemetry

/// The gateway's whole configuration, typed and within bounds: what `/etc/fieldgate/gateway.yaml` says.
///
/// The file's keys, ranges and defaults stand in `docs/configuration.md`.
public struct GatewaySettings: Hashable, Sendable {
  /// The gateway's name: letters, digits, `_`, `-`, `.`; 1 to 64 characters. Central must know it by the same name
  /// from the gateway's certificate.
  public var gateway: String
  /// Nil: nothing is published.
  public var broker: BrokerSettings?
  /// Nil: the outbox fills and nothing is sent.
  public var central: CentralSettings?
  public var buses: [BusSettings]
  /// In the order of the file, which is the order of the catalogue.
  public var devices: [DeviceSettings]
  /// One an alarm: patterns and levels are spread out.
  public var rules: [AlarmRule]
  public var alarms = AlarmSettings()
  public var outbox: OutboxSettings
  public var api: LocalAPISettings

  public init(
    gateway: String, broker: BrokerSettings?, central: CentralSettings?, buses: [BusSettings],
    devices: [DeviceSettings], rules: [AlarmRule], outbox: OutboxSettings, api: LocalAPISettings
  ) {
    self.gateway = gateway
    self.broker = broker
    self.central = central
    self.buses = buses
    self.devices = devices
    self.rules = rules
    self.outbox = outbox
    self.api = api
  }

  /// How many buses have a line.
  public var lineCount: Int { buses.count { $0.kind != .computed } }

  /// Names, types and units of all tags; device and tag indices are those of `devices`.
  public var catalogue: Catalogue {
    Catalogue(devices: devices.map { DeviceDefinition(name: $0.name, tags: $0.tags.map(\.definition)) })
  }
}

/// The aggregation service that receives the batches.
public struct CentralSettings: Hashable, Sendable {
  /// `https://HOST[:PORT]`, without a path.
  public var url: String
  /// PEM file of the CA that signed central's certificate. This one and the next two are whole paths, or `credential:NAME` for
  /// a file that the service manager hands over (``file(_:credentials:)``).
  public var authority: String
  /// PEM file of this gateway's certificate.
  public var certificate: String
  /// PEM file of this gateway's private key.
  public var key: String
  /// How long samples gather before they are cut into a batch while central is reachable; 1 s to 1 h, default 10 s.
  public var batchInterval: Duration
  /// The same while central is away; 1 s to 1 d, default 1 h.
  public var offlineBatchInterval: Duration
  /// Most bytes a second sent to central, 1 kB or more; nil: no limit.
  public var rateLimitBytes: Int?
  /// Hours of the day in which only alarms are sent.
  public var quietHours: QuietHours?
  /// The directory that `fieldgate enroll` fills and the daemon renews; nil when the three files are named by hand. They are
  /// those of its link `current` otherwise.
  public var identity: String?
  /// `http://HOST:PORT`, through which central is reached; nil: as the service's environment says.
  public var proxy: String?
  /// `https://HOST[:PORT]` where a certificate that has ended may be renewed; nil: as ``lateRenewal``.
  public var lateRenewalURL: String?

  /// What is meant when neither it nor the three files are named.
  public static let standardIdentity = "/var/lib/fieldgate/identity"

  /// With the files of an identity directory.
  public init(url: String, identity: String = Self.standardIdentity) {
    self.init(
      url: url, authority: "\(identity)/current/ca.pem", certificate: "\(identity)/current/certificate.pem",
      key: "\(identity)/current/key.pem")
    self.identity = identity
  }

  public init(
    url: String, authority: String, certificate: String, key: String, batchInterval: Duration = .seconds(10),
    offlineBatchInterval: Duration = .seconds(3_600), rateLimitBytes: Int? = nil, quietHours: QuietHours? = nil
  ) {
    self.offlineBatchInterval = offlineBatchInterval
    self.url = url
    self.authority = authority
    self.certificate = certificate
    self.key = key
    self.batchInterval = batchInterval
    self.rateLimitBytes = rateLimitBytes
    self.quietHours = quietHours
  }
}

extension CentralSettings {
  /// Where a certificate that has ended may be renewed, if central allows it: the url that was named, or the next port of
  /// central's host.
  public var lateRenewal: String {
    if let lateRenewalURL { return lateRenewalURL }
    let rest = url.dropFirst("https://".count)
    let isBracketed = rest.hasPrefix("[")
    let host = isBracketed ? rest.prefix { $0 != "]" } + "]" : rest.prefix { $0 != ":" }
    let port = Int(rest.dropFirst(host.count).dropFirst()) ?? 443
    return "https://\(host):\(min(port + 1, 65_535))"
  }

  /// What stands before the name of a credential in place of a path.
  static let credentialMark = "credential:"

  /// The path of a file that the configuration names.
  ///
  /// - Parameter credentials: the directory of `LoadCredential=` (systemd.exec(5)); nil outside the service.
  /// - Returns: nil for a credential outside the service.
  public static func file(_ text: String, credentials: String?) -> String? {
    guard text.hasPrefix(credentialMark) else { return text }
    return credentials.map { "\($0)/\(text.dropFirst(credentialMark.count))" }
  }

  /// With paths in the place of credentials, where they are known.
  public func resolved(credentials: String?) -> Self {
    var settings = self
    for path in [\Self.authority, \.certificate, \.key] {
      settings[keyPath: path] = Self.file(settings[keyPath: path], credentials: credentials) ?? settings[keyPath: path]
    }
    return settings
  }

  /// One of the three files is a credential, which is there only while the service runs.
  public var usesCredentials: Bool { [authority, certificate, key].contains { $0.hasPrefix(Self.credentialMark) } }
}

/// One serial line or one TCP endpoint.
public struct BusSettings: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case modbusRTU(SerialLine)
    case modbusTCP(host: String, port: Int)
    /// Sensors that speak no Modbus.
    case serialLines(SerialLine, SerialLinesSettings)
    /// No line at all: the bus of all computed devices, which is there when there are any.
    case computed

    /// As in the configuration, where the last one does not stand.
    public var typeName: String {
      switch self {
      case .modbusRTU: "modbus-rtu"
      case .modbusTCP: "modbus-tcp"
      case .serialLines: "serial-lines"
      case .computed: "computed"
      }
    }
  }

  /// Unique on its gateway.
  public var name: String
  public var kind: Kind
  /// How long a device may take to answer; 10 ms to 60 s, default 500 ms (RTU) or 1 s (TCP, SDI-12).
  public var timeout: Duration
  public var pacing = BusPacing()

  public init(name: String, kind: Kind, timeout: Duration) {
    self.name = name
    self.kind = kind
    self.timeout = timeout
  }
}

/// Settings of a serial line.
public struct SerialLine: Hashable, Sendable {
  public enum Parity: String, Sendable, CaseIterable {
    case none
    case even
    case odd
  }

  /// Path of the port, or a USB adapter as ``USBPortName`` writes it; `/dev/serial/by-id/…` and adapters keep their names.
  public var device: String
  /// Bits a second: 1200 to 921600, one of the rates Linux names; default 9600.
  public var baud: Int
  /// Default even (Modbus over serial line 1.02, section 2.5.1).
  public var parity: Parity
  /// 1 or 2; default 1, or 2 when parity is none (same section: a character always has 11 bits).
  public var stopBits: Int
  /// Nil: the adapter switches its direction by itself.
  public var rs485: RS485Settings?

  public init(device: String, baud: Int = 9_600, parity: Parity = .even, stopBits: Int = 1) {
    self.device = device
    self.baud = baud
    self.parity = parity
    self.stopBits = stopBits
  }
}

/// One device on a bus.
public struct DeviceSettings: Hashable, Sendable {
  /// Unique on its gateway.
  public var name: String
  /// Index into ``GatewaySettings/buses``.
  public var bus: Int
  /// The Modbus unit id: 1 to 247 (RTU), 0 to 255 (TCP); 0 on a bus of serial lines, where it means nothing.
  public var unit: UInt8
  /// On a bus of serial lines only: how the device is understood.
  public var serial: SerialDevice?
  /// The scan interval: 10 ms to 24 h; 0 for a serial sensor whose every message is a scan.
  public var scanInterval: Duration
  /// Values older than this are stale; nil: never. The default of the file is three scan intervals, at least 1 min.
  public var staleAfter: Duration?
  public var tags: [TagSettings]
  /// Default 5, 6, 15 and 16.
  public var writeFunctions: WriteFunctions
  public var reading = ReadSettings()
  /// The broker's, but for what the device says itself.
  public var publishing = PublishingSettings()

  public init(
    name: String, bus: Int, unit: UInt8, serial: SerialDevice? = nil, scanInterval: Duration,
    staleAfter: Duration? = nil, tags: [TagSettings], writeFunctions: WriteFunctions = .usual
  ) {
    self.staleAfter = staleAfter
    self.writeFunctions = writeFunctions
    self.name = name
    self.bus = bus
    self.unit = unit
    self.serial = serial
    self.scanInterval = scanInterval
    self.tags = tags
  }
}

extension DeviceSettings {
  /// How long each tag's value is current; nil: for ever.
  public var staleLimits: [Duration?] { tags.map { $0.treatment.staleAfter ?? staleAfter } }
}

/// One tag: what it is, and where it stands in its device.
public struct TagSettings: Hashable, Sendable {
  public var definition: TagDefinition
  public var source: TagSource
  public var treatment: TagTreatment
  /// What may be written to it; nil when it is not writable.
  public var write: WriteLimits?
  /// For publishing only: what the outbox keeps is whole. Nil: every scan is published.
  public var deadband: Deadband?
  public var presentation = TagPresentation()

  public init(
    definition: TagDefinition, source: TagSource, treatment: TagTreatment = .none, write: WriteLimits? = nil,
    deadband: Deadband? = nil
  ) {
    self.write = write
    self.deadband = deadband
    self.definition = definition
    self.source = source
    self.treatment = treatment
  }

  /// Nil for a tag that is not read from registers.
  public var point: RegisterPoint? {
    if case .register(let point) = source { point } else { nil }
  }
}

/// The store-and-forward outbox.
public struct OutboxSettings: Hashable, Sendable {
  public static let usualDirectory = "/var/lib/fieldgate"

  /// Directory of the store; default `/var/lib/fieldgate`.
  public var directory: String
  /// Longest time a sample waits in memory before it is committed to disk; 100 ms to 60 s, default 1 s. Alarms do not wait.
  public var flushInterval: Duration
  /// Bytes that the store may take, 10 MB to 10 TB; default 2 GB.
  public var capacityBytes: Int
  /// Bytes of the disk that are left to others; default 64 MiB.
  public var diskFloorBytes: Int
  /// Samples older than this are dropped; nil (the default): never for their age.
  public var keep: Duration?
  /// An alarm is raised when the store is full in less than this at today's rate; default 24 h.
  public var warnBelow: Duration

  public init(
    directory: String = OutboxSettings.usualDirectory, flushInterval: Duration = .seconds(1),
    capacityBytes: Int = 2_000_000_000, diskFloorBytes: Int = 64 << 20, keep: Duration? = nil,
    warnBelow: Duration = .seconds(86_400)
  ) {
    self.directory = directory
    self.flushInterval = flushInterval
    self.capacityBytes = capacityBytes
    self.diskFloorBytes = diskFloorBytes
    self.keep = keep
    self.warnBelow = warnBelow
  }
}

/// The local socket that `fieldgate` talks to.
public struct LocalAPISettings: Hashable, Sendable {
  /// Default `/run/fieldgate/gateway.sock`.
  public var socket: String

  public init(socket: String = "/run/fieldgate/gateway.sock") {
    self.socket = socket
  }
}
