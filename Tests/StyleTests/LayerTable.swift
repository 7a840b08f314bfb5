/// Which module may import which: the same table as in CONTRIBUTING.md, which a test compares with this one.
///
/// Standard modules: `Glibc`, `Synchronization` and the like are named where they are allowed; a target that is not pure
/// may use `Glibc` and `Synchronization`.
enum LayerTable {
  struct Row: Sendable {
    var layer: String
    var target: String
    /// Imports no sockets, files, clocks, randomness or SQLite.
    var isPure: Bool
    var mayImport: Set<String>
  }

  private static func row(_ layer: String, _ target: String, pure: Bool = false, _ mayImport: String...) -> Row {
    Row(layer: layer, target: target, isPure: pure, mayImport: Set(mayImport))
  }

  static let rows: [Row] = [
    row("vocabulary", "Telemetry", pure: true),
    row("vocabulary", "JSONText", pure: true),
    row("logic", "BatchCodec", pure: true, "Telemetry", "CZstd"),
    row("logic", "AnomalyDetection", pure: true, "Telemetry"),
    row("logic", "RuleEngine", pure: true, "Telemetry", "AnomalyDetection"),
    row("logic", "AlarmStates", pure: true, "Telemetry"),
    row("logic", "SyncProtocol", pure: true, "Telemetry"),
    row("logic", "SerialSensors", pure: true, "Telemetry", "CPCRE2"),
    row("logic", "Diagnosis", pure: true, "JSONText"),
    row("logic", "TagExpressions", pure: true, "Telemetry", "CMath"),
    row("logic", "TagWindows", pure: true, "Telemetry"),
    row("logic", "Enrolment", pure: true, "Telemetry"),
    row(
      "cores", "GatewayCore", pure: true, "AlarmStates", "Telemetry", "JSONText", "BatchCodec", "RuleEngine",
      "SerialSensors", "SyncProtocol", "TagExpressions", "TagWindows"),
    row(
      "cores", "CentralCore", pure: true, "AlarmStates", "Enrolment", "Telemetry", "JSONText", "BatchCodec",
      "SyncProtocol"),
    row(
      "configuration", "GatewayConfiguration", pure: true, "Telemetry", "JSONText", "AnomalyDetection", "GatewayCore",
      "RuleEngine", "SerialSensors", "TagExpressions", "TagWindows"),
    row("support", "Threads", "Telemetry", "CLinux"),
    row("support", "OwnerRights"),
    row("support", "SystemdNotify", "CSystemd"),
    row("support", "ServiceLog", "Telemetry", "SystemdNotify", "Logging"),
    row("adapters", "YAMLParser", "GatewayConfiguration", "Telemetry", "CFYAML"),
    row("support", "SerialPort", "Telemetry", "CLinux"),
    row("adapters", "ModbusBus", "Telemetry", "GatewayCore", "SerialPort", "CModbus"),
    row("adapters", "SerialBus", "Telemetry", "GatewayCore", "SerialPort"),
    row("adapters", "MQTTBroker", "GatewayCore", "Threads", "CMosquitto"),
    row("adapters", "SQLite", "CSQLite"),
    row("adapters", "SQLiteOutbox", "AlarmStates", "Telemetry", "BatchCodec", "GatewayCore", "SQLite"),
    row("adapters", "SQLiteCentralStore", "AlarmStates", "Telemetry", "BatchCodec", "CentralCore", "SQLite"),
    row("adapters", "HTTPClient", "Telemetry", "GatewayCore", "Threads", "CCurl"),
    row("adapters", "PKI", "COpenSSL"),
    row("adapters", "CertificateAuthority", "COpenSSL", "PKI"),
    row("adapters", "PasswordHash", "CArgon2"),
    row("adapters", "QRCode", "CPNG", "CQREncode"),
    row("adapters", "SQLiteIdentityStore", "CentralCore", "Enrolment", "SQLite", "Telemetry"),
    row("adapters", "GatewayIdentity", "Enrolment", "HTTPClient", "PKI"),
    row("adapters", "LocalAPI", "Threads"),
    row(
      "composition", "BusPlanning", pure: true, "Telemetry", "JSONText", "GatewayCore", "SerialSensors",
      "GatewayConfiguration"),
    row(
      "composition", "GatewayRuntime", "AlarmStates", "BusPlanning", "Telemetry", "JSONText", "BatchCodec",
      "RuleEngine", "SerialSensors", "SyncProtocol", "TagExpressions", "Enrolment",
      "GatewayCore", "GatewayConfiguration", "YAMLParser", "Logging"),
    row(
      "composition", "GatewayService", "AlarmStates", "BusPlanning", "Telemetry", "JSONText", "GatewayCore",
      "GatewayConfiguration",
      "Threads", "Enrolment", "GatewayIdentity",
      "SystemdNotify", "ServiceLog", "YAMLParser", "ModbusBus", "MQTTBroker", "SQLiteOutbox", "HTTPClient", "LocalAPI",
      "PKI", "CLinux", "GatewayRuntime", "SerialBus", "SerialPort", "SerialSensors", "Logging"),
    row(
      "composition", "GatewayClient", "BatchCodec", "HTTPClient", "BusPlanning", "Diagnosis", "GatewayCore",
      "Telemetry", "JSONText",
      "Enrolment", "GatewayIdentity",
      "GatewayConfiguration", "YAMLParser", "LocalAPI", "ModbusBus", "OwnerRights", "PKI", "RuleEngine", "SerialPort",
      "SerialSensors", "FoundationEssentials"),
    row(
      "composition", "CentralService", "AlarmStates", "Telemetry", "JSONText", "BatchCodec", "SyncProtocol",
      "CentralCore", "Threads",
      "CertificateAuthority", "Enrolment", "OwnerRights", "PasswordHash", "QRCode", "SQLiteIdentityStore",
      "SystemdNotify", "ServiceLog", "SQLiteCentralStore", "PKI", "FoundationEssentials", "Logging", "ServiceLifecycle",
      "UnixSignals", "HTTPTypes", "Hummingbird", "HummingbirdCore", "HummingbirdTLS", "NIOCore", "NIOHTTPTypes",
      "NIOSSL"),
    row("programs", "fieldgated", "GatewayService"),
    row("programs", "fieldgate", "GatewayClient", "Telemetry", "ArgumentParser"),
    row(
      "programs", "fieldgate-central", "CentralCore", "CentralService", "CertificateAuthority", "SQLiteIdentityStore",
      "Telemetry", "Threads", "ArgumentParser"),
    row("test kit", "SimulatedDisk", "CSimulatedDisk"),
    row("test kit", "FieldgateTestKit", "Telemetry", "JSONText", "Threads", "CLinux"),
    row("test kit", "SampleTelemetry", "BatchCodec", "CentralCore", "Telemetry"),
    row(
      "test kit", "FuzzTargets", "BatchCodec", "CentralCore", "CertificateAuthority", "Enrolment",
      "GatewayConfiguration",
      "GatewayRuntime", "Logging", "PKI", "SQLiteOutbox", "SampleTelemetry", "SerialSensors", "TagExpressions",
      "Telemetry",
      "YAMLParser"),
    row("test kit", "fieldgate-fuzz", "FuzzTargets"),
    row("test kit", "AnomalyTrials", "AnomalyDetection", "FieldgateTestKit", "Telemetry"),
    row("test kit", "fieldgate-simulate", "FieldgateTestKit", "Telemetry", "JSONText", "ArgumentParser"),
    row(
      "test kit", "fieldgate-benchmark", "AnomalyDetection", "AnomalyTrials", "FieldgateTestKit", "BatchCodec",
      "CentralCore", "GatewayCore", "RuleEngine", "SQLite",
      "SQLiteCentralStore", "SQLiteOutbox", "TagWindows", "Telemetry", "ArgumentParser"),
    row(
      "test kit", "FleetSimulation", "AlarmStates", "GatewayRuntime", "GatewayConfiguration", "GatewayCore",
      "CentralCore",
      "RuleEngine",
      "SyncProtocol", "BatchCodec", "SQLiteOutbox", "SQLiteCentralStore", "SQLite", "SimulatedDisk", "Telemetry",
      "Logging"),
    row("test kit", "fieldgate-fleet", "FleetSimulation", "Telemetry", "JSONText", "ArgumentParser"),
  ]

  static let ofTheSystem: Set<String> = ["Glibc", "Synchronization"]
}
