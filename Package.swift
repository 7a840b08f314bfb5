// swift-tools-version: 6.2
import PackageDescription

// Every target turns these on, so that the compiler enforces the layer table of CONTRIBUTING.md: an import is internal
// unless it says `public`, a member is visible only where its module is imported, and `any` is written out.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// A C library of the distribution: found through its shim header, linked as the shared library Debian ships.
func system(_ name: String, _ pkgConfig: String?) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig)
}

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "fieldgate",
  products: [
    .executable(name: "fieldgated", targets: ["fieldgated"]),
    .executable(name: "fieldgate", targets: ["fieldgate"]),
    .executable(name: "fieldgate-central", targets: ["fieldgate-central"]),
    .executable(name: "fieldgate-simulate", targets: ["fieldgate-simulate"]),
    .executable(name: "fieldgate-benchmark", targets: ["fieldgate-benchmark"]),
    .executable(name: "fieldgate-fleet", targets: ["fieldgate-fleet"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.0.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
  ],
  targets: [
    // C libraries
    system("CZstd", "libzstd"),
    system("CFYAML", "libfyaml"),
    system("CModbus", "libmodbus"),
    system("CMosquitto", "libmosquitto"),
    system("CSQLite", "sqlite3"),
    system("CCurl", "libcurl"),
    system("COpenSSL", "libcrypto"),
    system("CSystemd", "libsystemd"),
    system("CPCRE2", "libpcre2-8"),
    system("CArgon2", "libargon2"),
    system("CQREncode", "libqrencode"),
    system("CPNG", "libpng"),
    system("CMath", nil),
    system("CLinux", nil),

    // support: threads and bounded queues
    library("Threads", ["CLinux", "Telemetry"]),
    library("OwnerRights"),

    // vocabulary and logic (pure)
    library("Telemetry"),
    library("JSONText"),
    library("BatchCodec", ["Telemetry", "CZstd"]),
    library("AnomalyDetection", ["Telemetry"]),
    library("RuleEngine", ["AnomalyDetection", "Telemetry"]),
    library("AlarmStates", ["Telemetry"]),
    library("SyncProtocol", ["Telemetry"]),
    library("SerialSensors", ["Telemetry", "CPCRE2"]),
    library("Diagnosis", ["JSONText"]),
    library("TagExpressions", ["CMath", "Telemetry"]),
    library("TagWindows", ["Telemetry"]),
    library("Enrolment", ["Telemetry"]),

    // cores (pure)
    library(
      "GatewayCore",
      [
        "AlarmStates", "Telemetry", "JSONText", "BatchCodec", "RuleEngine", "SerialSensors", "SyncProtocol",
        "TagExpressions", "TagWindows",
      ]),
    library("CentralCore", ["AlarmStates", "Enrolment", "Telemetry", "JSONText", "BatchCodec", "SyncProtocol"]),
    library(
      "GatewayConfiguration",
      [
        "Telemetry", "AnomalyDetection", "GatewayCore", "RuleEngine", "SerialSensors", "TagExpressions", "TagWindows",
        "JSONText",
      ]),

    // adapters
    library("YAMLParser", ["GatewayConfiguration", "Telemetry", "CFYAML"]),
    library("SerialPort", ["CLinux", "Telemetry"]),
    library("ModbusBus", ["GatewayCore", "SerialPort", "Telemetry", "CModbus"]),
    library("SerialBus", ["GatewayCore", "SerialPort", "Telemetry"]),
    library("MQTTBroker", ["GatewayCore", "Threads", "CMosquitto"]),
    library("SQLite", ["CSQLite"]),
    library("SQLiteOutbox", ["AlarmStates", "GatewayCore", "Telemetry", "BatchCodec", "SQLite"]),
    library("SQLiteCentralStore", ["AlarmStates", "CentralCore", "Telemetry", "BatchCodec", "SQLite"]),
    library("PasswordHash", ["CArgon2"]),
    library("QRCode", ["CPNG", "CQREncode"]),
    library("SQLiteIdentityStore", ["CentralCore", "Enrolment", "SQLite", "Telemetry"]),
    library("HTTPClient", ["Telemetry", "GatewayCore", "Threads", "CCurl"]),
    library("PKI", ["COpenSSL"]),
    library("CertificateAuthority", ["COpenSSL", "PKI"]),
    library("GatewayIdentity", ["Enrolment", "HTTPClient", "PKI"]),
    library("LocalAPI", ["Threads"]),
    library("SystemdNotify", ["CSystemd"]),

    library("ServiceLog", ["SystemdNotify", "Telemetry", log]),

    // composition
    library("BusPlanning", ["GatewayConfiguration", "GatewayCore", "JSONText", "SerialSensors", "Telemetry"]),
    library(
      "GatewayRuntime",
      [
        "AlarmStates", "BusPlanning", "GatewayCore", "Telemetry", "JSONText", "BatchCodec", "RuleEngine",
        "SerialSensors", "SyncProtocol", "TagExpressions", "Enrolment",
        "GatewayConfiguration", "YAMLParser", log,
      ]),
    library(
      "GatewayService",
      [
        "GatewayRuntime", "BusPlanning", "GatewayCore", "Telemetry", "JSONText", "GatewayConfiguration", "Threads",
        "YAMLParser", "AlarmStates",
        "Enrolment", "GatewayIdentity",
        "ModbusBus", "MQTTBroker", "SQLiteOutbox", "HTTPClient", "LocalAPI", "PKI", "SystemdNotify", "ServiceLog",
        "SerialBus", "SerialPort", "SerialSensors", "CLinux", log,
      ]),
    library(
      "GatewayClient",
      [
        "BatchCodec", "BusPlanning", "Diagnosis", "GatewayCore", "HTTPClient", "LocalAPI", "JSONText", "Telemetry",
        "GatewayConfiguration", "Enrolment", "GatewayIdentity", "ModbusBus", "OwnerRights", "PKI", "RuleEngine",
        "SerialPort", "SerialSensors", "YAMLParser",
      ]),
    library(
      "CentralService",
      [
        "AlarmStates", "CentralCore", "Telemetry", "JSONText", "BatchCodec", "SyncProtocol", "SQLiteCentralStore",
        "CertificateAuthority", "Enrolment", "OwnerRights", "PKI", "PasswordHash", "QRCode", "SQLiteIdentityStore",
        "SystemdNotify", "ServiceLog", "Threads", log, lifecycle, signals,
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),

    // programs
    program("fieldgated", ["GatewayService"]),
    program("fieldgate", ["GatewayClient", "Telemetry", arguments]),
    program(
      "fieldgate-central",
      [
        "CentralCore", "CentralService", "CertificateAuthority", "SQLiteIdentityStore", "Telemetry", "Threads",
        arguments,
      ]),

    // test kit: never shipped
    .target(name: "CAllocationCounter"),
    .target(name: "CSimulatedDisk", dependencies: ["CSQLite"], linkerSettings: [.linkedLibrary("sqlite3")]),
    library("SimulatedDisk", ["CSimulatedDisk"]),
    library("FieldgateTestKit", ["Telemetry", "JSONText", "Threads", "CLinux"]),
    library("SampleTelemetry", ["BatchCodec", "CentralCore", "Telemetry"]),
    library("AnomalyTrials", ["AnomalyDetection", "FieldgateTestKit", "Telemetry"]),
    program("fieldgate-simulate", ["FieldgateTestKit", "JSONText", arguments]),
    library(
      "FuzzTargets",
      [
        "BatchCodec", "CentralCore", "CertificateAuthority", "Enrolment", "GatewayConfiguration", "GatewayRuntime",
        "PKI", "SampleTelemetry", "SerialSensors", "SQLiteOutbox", "TagExpressions", "Telemetry", "YAMLParser", log,
      ]),
    program(
      "fieldgate-benchmark",
      [
        "FieldgateTestKit", "AnomalyDetection", "AnomalyTrials", "BatchCodec", "CentralCore", "GatewayCore",
        "RuleEngine", "SQLite", "SQLiteCentralStore", "SQLiteOutbox", "TagWindows", "Telemetry", arguments,
      ]),

    library(
      "FleetSimulation",
      [
        "AlarmStates", "GatewayRuntime", "GatewayConfiguration", "GatewayCore", "CentralCore", "RuleEngine",
        "SyncProtocol",
        "BatchCodec",
        "SQLiteOutbox", "SQLiteCentralStore", "SQLite", "SimulatedDisk", "Telemetry", log,
      ]),
    program("fieldgate-fleet", ["FleetSimulation", "Telemetry", "JSONText", arguments]),

    // tests
    tests("TelemetryTests", ["Telemetry"]),
    tests("JSONTextTests", ["JSONText"]),
    tests("BatchCodecTests", ["BatchCodec", "SampleTelemetry", "Telemetry"]),
    tests("AnomalyDetectionTests", ["AnomalyDetection", "AnomalyTrials", "FieldgateTestKit", "Telemetry"]),
    tests("RuleEngineTests", ["AnomalyDetection", "RuleEngine", "Telemetry"]),
    tests("AlarmStatesTests", ["AlarmStates", "Telemetry"]),
    tests("SerialSensorsTests", ["SerialSensors", "Telemetry"]),
    tests("TagExpressionsTests", ["CAllocationCounter", "TagExpressions", "Telemetry"]),
    tests(
      "GatewayCoreTests",
      [
        "GatewayCore", "BatchCodec", "RuleEngine", "SerialSensors", "SyncProtocol", "TagExpressions", "TagWindows",
        "Telemetry",
      ]),
    tests(
      "GatewayConfigurationTests",
      [
        "AnomalyDetection", "FieldgateTestKit", "GatewayConfiguration", "GatewayCore", "YAMLParser", "RuleEngine",
        "Telemetry",
      ]),
    tests(
      "GatewayRuntimeTests",
      [
        "GatewayRuntime", "AlarmStates", "BatchCodec", "GatewayConfiguration", "GatewayCore", "SQLite", "SQLiteOutbox",
        "YAMLParser", "FieldgateTestKit", "Telemetry", log,
      ]),
    tests(
      "GatewayServiceTests",
      ["GatewayService", "FieldgateTestKit", "GatewayCore", "GatewayRuntime", "SQLiteOutbox", "Telemetry"]),
    tests("BusPlanningTests", ["BusPlanning", "GatewayConfiguration", "GatewayCore", "JSONText", "YAMLParser"]),
    tests("ModbusBusTests", ["ModbusBus", "GatewayCore", "SerialPort", "FieldgateTestKit", "Telemetry", "CLinux"]),
    tests("SerialBusTests", ["SerialBus", "SerialPort", "GatewayCore", "FieldgateTestKit", "Telemetry"]),
    tests("MQTTBrokerTests", ["MQTTBroker", "GatewayCore", "FieldgateTestKit"]),
    tests("LocalAPITests", ["LocalAPI", "Threads", "FieldgateTestKit"]),
    tests("PKITests", ["PKI", "FieldgateTestKit"]),
    tests("CertificateAuthorityTests", ["CertificateAuthority", "PKI", "FieldgateTestKit"]),
    tests("PasswordHashTests", ["PasswordHash"]),
    tests("QRCodeTests", ["QRCode", "FieldgateTestKit"]),
    tests("SQLiteIdentityStoreTests", ["SQLiteIdentityStore", "CentralCore", "Enrolment", "SQLite", "Telemetry"]),
    tests("HTTPClientTests", ["HTTPClient", "CCurl", "GatewayCore", "FieldgateTestKit"]),
    tests("DiagnosisTests", ["Diagnosis"]),
    tests("EnrolmentTests", ["Enrolment", "Telemetry"]),
    tests("TagWindowsTests", ["TagWindows", "Telemetry"]),
    tests(
      "GatewayClientTests",
      [
        "GatewayClient", "BatchCodec", "Enrolment", "FieldgateTestKit", "GatewayConfiguration", "GatewayIdentity",
        "HTTPClient", "SerialPort", "Telemetry", "Threads", "CLinux",
      ]),
    tests("SQLiteTests", ["SQLite"]),
    tests("SQLiteOutboxTests", ["SQLiteOutbox", "AlarmStates", "GatewayCore", "BatchCodec", "SQLite", "Telemetry"]),
    tests(
      "CentralCoreTests", ["CentralCore", "Enrolment", "BatchCodec", "SampleTelemetry", "SyncProtocol", "Telemetry"]),
    tests(
      "SQLiteCentralStoreTests",
      ["SQLiteCentralStore", "AlarmStates", "CentralCore", "BatchCodec", "SampleTelemetry", "SQLite", "Telemetry"]),
    tests("FieldgateTestKitTests", ["FieldgateTestKit", "Telemetry"]),
    tests("SimulatedDiskTests", ["SimulatedDisk", "SQLite"]),
    tests("FleetSimulationTests", ["FleetSimulation", "AlarmStates", "GatewayRuntime", "Telemetry"]),
    tests("FuzzTargetsTests", ["FuzzTargets"]),
    tests("StyleTests", []),
    tests(
      "EndToEndTests",
      [
        "FieldgateTestKit", "Telemetry", "BatchCodec", "GatewayConfiguration", "GatewayCore", "RuleEngine", "SQLite",
        "YAMLParser",
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzer's program has no `main` of its own, so it is a part of the package only for Scripts/fuzz.
if Context.environment["FIELDGATE_FUZZER"] != nil {
  package.products.append(.executable(name: "fieldgate-fuzz", targets: ["fieldgate-fuzz"]))
  package.targets.append(program("fieldgate-fuzz", ["FuzzTargets"]))
}
