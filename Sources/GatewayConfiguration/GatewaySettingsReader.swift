import Telemetry

/// From the tree of a file to settings within bounds, with every problem on the way.
public struct GatewaySettingsReader {
  var problems = ProblemList()
  /// Names that are taken, with the line of each, by kind.
  var taken: [String: [String: Int]] = [:]
  var profiles = ProfileShelf.empty
  /// Profiles read before, by name; nil in it for one with mistakes.
  var knownProfiles: [String: [YAMLNode]?] = [:]
  /// What the broker's section says for all devices.
  var publishing = PublishingSettings()

  public static let maximumBuses = 64
  public static let maximumDevices = 4_096
  public static let maximumTagsPerDevice = 4_096
  public static let maximumTags = 65_536
  public static let maximumRules = 20_000

  static let keys = [
    "gateway", "broker", "central", "buses", "devices", "computed", "rules", "alarms", "outbox", "api",
  ]

  init() {}

  /// - Returns: settings, unless a diagnostic is an error.
  public static func read(
    _ root: YAMLNode, profiles: ProfileShelf = .empty
  ) -> (settings: GatewaySettings?, diagnostics: [Diagnostic]) {
    var reader = GatewaySettingsReader()
    reader.profiles = profiles
    let settings = reader.settings(root)
    return (reader.problems.hasErrors ? nil : settings, reader.problems.diagnostics)
  }

  private mutating func settings(_ root: YAMLNode) -> GatewaySettings? {
    guard let file = Section(root, "the configuration", keys: Self.keys, &problems) else { return nil }
    let gateway = file.name("gateway", example: "barn-7", &problems)
    let broker = file.value("broker").flatMap { self.broker($0) }
    publishing = broker?.publishing ?? publishing
    let central = file.value("central").flatMap { self.central($0) }
    if !file.has("central") {
      problems.warning(root, "there is no 'central': nothing is sent, and the outbox only grows")
    }
    let buses = self.buses(file)
    var devices = self.devices(file, buses: buses)
    reportUnusedBuses(buses, devices)
    let computed = self.computed(file, devices: devices, bus: buses.count)
    if !computed.isEmpty { checkComputedBus(buses) }
    devices += computed
    let rules = self.rules(file, devices: devices)
    let alarms = file.value("alarms").flatMap { alarmSettings($0) } ?? AlarmSettings()
    let outbox = file.value("outbox").flatMap { self.outbox($0) } ?? OutboxSettings()
    let api = file.value("api").flatMap { self.api($0) } ?? LocalAPISettings()
    guard let gateway else { return nil }
    var settings = GatewaySettings(
      gateway: gateway, broker: broker, central: central,
      buses: buses.compactMap(\.settings) + (computed.isEmpty ? [] : [.computed]),
      devices: devices.compactMap(\.settings), rules: rules, outbox: outbox, api: api)
    settings.alarms = alarms
    checkMessageRate(settings, file)
    return settings
  }

  /// Reports a name that another entry of the same kind has; remembers it otherwise.
  mutating func claim(_ name: String, _ kind: String, of owner: String = "", at node: YAMLNode) {
    let scope = owner.isEmpty ? kind : "\(kind) of \(owner)"
    if let line = taken[scope]?[name] {
      problems.error(
        node, "there are two \(kind) called '\(name)'" + (owner.isEmpty ? "" : " in \(owner)"),
        hint: "the first is in line \(line); names must differ")
    } else {
      taken[scope, default: [:]][name] = node.position.line
    }
  }

  mutating func path(_ key: String, _ section: Section) -> String? {
    guard let text = section.text(key, &problems), let node = section.value(key) else { return nil }
    guard text.hasPrefix("/"), !text.utf8.contains(0), text.utf8.count <= 1_024 else {
      problems.error(
        node, "'\(key)' of \(section.title) must be a whole path that begins with /, not '\(text.prefix(80))'")
      return nil
    }
    return text
  }

  private mutating func outbox(_ node: YAMLNode) -> OutboxSettings? {
    let keys = ["directory", "flush-interval", "capacity", "keep", "disk-floor", "warn-below"]
    guard let section = Section(node, "outbox", keys: keys, &problems) else { return nil }
    var settings = OutboxSettings()
    settings.directory = path("directory", section) ?? settings.directory
    settings.flushInterval =
      section.duration("flush-interval", .milliseconds(100) ... .seconds(60), &problems) ?? settings.flushInterval
    if let size = section.size("capacity", 10_000_000...10_000_000_000_000, &problems) {
      settings.capacityBytes = Int(size)
    }
    if let size = section.size("disk-floor", 0...10_000_000_000_000, &problems) { settings.diskFloorBytes = Int(size) }
    settings.keep = section.duration("keep", .seconds(3_600) ... .seconds(3_650 * 86_400), &problems)
    settings.warnBelow =
      section.duration("warn-below", .seconds(60) ... .seconds(365 * 86_400), &problems) ?? settings.warnBelow
    return settings
  }

  private mutating func api(_ node: YAMLNode) -> LocalAPISettings? {
    guard let section = Section(node, "api", keys: ["socket"], &problems) else { return nil }
    var settings = LocalAPISettings()
    if let socket = path("socket", section) {
      // sockaddr_un has room for 107 bytes and a zero (unix(7)).
      if socket.utf8.count > 107, let node = section.value("socket") {
        problems.error(node, "'socket' of api has \(socket.utf8.count) bytes", hint: "allowed: at most 107")
      }
      settings.socket = socket
    }
    return settings
  }
}
