public import GatewayConfiguration
public import GatewayCore
import Telemetry

/// What polling a Modbus bus takes: its requests, and how long and how busy they keep it.
public struct BusPlan: Sendable {
  /// One device and its requests.
  public struct Device: Sendable {
    public var settings: DeviceSettings
    public var reading: DeviceReadPlan

    /// Estimate of the bus's time for one scan, without the reads that are asked rarely.
    public var time: Duration { reading.time }
  }

  public var name: String
  /// In the order of the configuration.
  public var devices: [Device]

  /// - Parameters:
  ///   - bus: index of a Modbus bus.
  ///   - readings: as a running poller has them; nil: as the configuration alone gives them.
  public init(_ settings: GatewaySettings, bus: Int, readings: [DeviceReadPlan]? = nil) {
    name = settings.buses[bus].name
    let readings = readings ?? settings.polledDevices(onBus: bus).map { DeviceReadPlan($0) }
    devices = readings.map { Device(settings: settings.devices[$0.device], reading: $0) }
  }

  /// Plans of all Modbus buses as the configuration alone gives them.
  public static func all(_ settings: GatewaySettings) -> [BusPlan] {
    settings.buses.indices.filter { settings.buses[$0].isModbus }.map { BusPlan(settings, bus: $0) }
  }

  /// One scan of every device.
  public var round: Duration { devices.reduce(.zero) { $0 + $1.time } }

  /// Part of the bus's time that the devices with a fixed interval take; more than 1 cannot be done. Continuous devices take
  /// what is left.
  public var load: Double {
    devices.filter { !$0.settings.reading.isContinuous }.reduce(0) { $0 + $1.time / $1.settings.scanInterval }
  }

  /// A bus that is busier than this has little room for retries, writes and devices that do not answer.
  public static let highLoad = 0.9

  /// What to tell whoever wrote the configuration: at most one line.
  public var warnings: [String] {
    let advice = "read less often, raise the baud rate, or share the devices out to two buses; see: fieldgate plan"
    guard load > Self.highLoad else { return [] }
    let fixed = devices.filter { !$0.settings.reading.isContinuous }
    // When all intervals were at least a round, the load would be at most 1.
    if load > 1, let hasty = fixed.min(by: { $0.settings.scanInterval < $1.settings.scanInterval }) {
      let every = Self.text(hasty.settings.scanInterval)
      return [
        "bus \(name) needs \(Self.text(round)) for one round, \(hasty.settings.name) asks for every \(every); \(advice)"
      ]
    }
    let percent = Int((load * 100).rounded())
    return ["bus \(name) is busy for \(percent) % of the time, which leaves little room for retries; \(advice)"]
  }

  /// `35 ms`, `1.7 s`
  static func text(_ duration: Duration) -> String {
    let milliseconds = (duration.wholeNanoseconds + 500_000) / 1_000_000
    guard milliseconds >= 1_000 else { return "\(milliseconds) ms" }
    let tenths = (milliseconds + 50) / 100
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }
}

extension BusSettings {
  var isModbus: Bool {
    switch kind {
    case .modbusRTU, .modbusTCP: true
    case .serialLines, .computed: false
    }
  }
}
