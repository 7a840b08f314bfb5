import Telemetry

/// The demo plant: a press shop behind a TCP endpoint and a boiler room on a serial line.
///
/// The map is fixed, and described in `docs/simulator.md`: demos, tests and their configurations rely on it.
public struct PlantLayout: Sendable {
  /// Units 1 to 4 of the TCP endpoint.
  public let tcp: [SimulatedDevice]
  /// Units 1 to 3 of the serial line.
  public let rtu: [SimulatedDevice]

  /// Name of the TCP endpoint in configurations.
  public static let tcpBus = "press-shop"
  /// Name of the serial line in configurations.
  public static let rtuBus = "boiler-room"

  /// - Parameters:
  ///   - seed: sets the noise of all signals.
  ///   - alarmPeriod: how long the boiler is normal before it is too hot for half as long.
  public init(seed: UInt64 = 1, alarmPeriod: Duration = .seconds(20)) {
    tcp = [Self.press(seed), Self.energyMeter(seed), Self.hydraulics(seed), Self.climate(seed)]
    rtu = [Self.boiler(seed, alarmPeriod), Self.tank(seed), Self.pump(seed)]
  }

  /// The plant as a gateway's configuration names it.
  public func configuration(host: String, port: Int, link: String, every: String = "1s") -> ConfigurationMap {
    ConfigurationMap(
      buses: [
        .init(name: Self.tcpBus, kind: .tcp(host: host, port: port), devices: tcp),
        .init(name: Self.rtuBus, kind: .rtu(path: link), devices: rtu),
      ], every: every)
  }

  /// Counts its own reads; every device has one.
  static func scanCount(_ address: UInt16) -> SimulatedTag {
    SimulatedTag("scan_count", .holdingRegister, address, .uint32, .scanCounter)
  }

  private static func press(_ seed: UInt64) -> SimulatedDevice {
    SimulatedDevice(
      name: "press", unit: 1, seed: seed &* 100 &+ 1,
      tags: [
        SimulatedTag(
          "temperature", .inputRegister, 0, .int16, scale: .tenth, unit: "°C",
          .sine(mean: 48, amplitude: 6, periodSeconds: 300, noise: 0.3)),
        SimulatedTag(
          "pressure", .inputRegister, 1, .float32, unit: "bar",
          .sine(mean: 142, amplitude: 25, periodSeconds: 12, noise: 0.8)),
        SimulatedTag("parts", .inputRegister, 3, .uint32, .counter(start: 120_000, perSecond: 0.5)),
        SimulatedTag("running", .coil, 0, .toggle(onSeconds: 90, offSeconds: 10)),
        SimulatedTag("door", .discreteInput, 0, .toggle(onSeconds: 3, offSeconds: 57, beginsOn: false)),
        scanCount(0),
      ])
  }

  /// Every width in another order of words and bytes.
  private static func energyMeter(_ seed: UInt64) -> SimulatedDevice {
    SimulatedDevice(
      name: "energy", unit: 2, seed: seed &* 100 &+ 2,
      tags: [
        SimulatedTag(
          "voltage", .inputRegister, 0, .float32, unit: "V",
          .sine(mean: 230, amplitude: 2, periodSeconds: 60, noise: 0.4)),
        SimulatedTag(
          "current", .inputRegister, 2, .float32, order: .littleBig, unit: "A",
          .sine(mean: 32, amplitude: 9, periodSeconds: 45, noise: 0.5)),
        SimulatedTag(
          "power", .inputRegister, 4, .float32, order: .bigLittle, unit: "kW",
          .sine(mean: 7.4, amplitude: 2, periodSeconds: 45, noise: 0.1)),
        SimulatedTag(
          "energy", .inputRegister, 6, .float64, order: .littleBig, unit: "kWh", .meter(start: 18_250, perHour: 7.4)),
        SimulatedTag(
          "pulses", .inputRegister, 10, .int64, order: .littleLittle, .counter(start: 18_250_000, perSecond: 2)),
        scanCount(0),
      ])
  }

  private static func hydraulics(_ seed: UInt64) -> SimulatedDevice {
    SimulatedDevice(
      name: "hydraulics", unit: 3, seed: seed &* 100 &+ 3,
      tags: [
        SimulatedTag(
          "oil_temp", .holdingRegister, 100, .int16, scale: .tenth, unit: "°C",
          .sine(mean: 52, amplitude: 4, periodSeconds: 600, noise: 0.2)),
        SimulatedTag(
          "oil_level", .holdingRegister, 101, .uint16, scale: .tenth, unit: "%",
          .sawtooth(low: 40, high: 95, periodSeconds: 900)),
        SimulatedTag(
          "flow", .holdingRegister, 102, .int32, order: .littleBig, scale: .hundredth, unit: "l/min",
          .sine(mean: 18, amplitude: 3, periodSeconds: 20, noise: 0.1)),
        SimulatedTag("setpoint", .holdingRegister, 104, .uint16, unit: "bar", .constant(150)),
        SimulatedTag("filter_clogged", .discreteInput, 8, .toggle(onSeconds: 15, offSeconds: 585, beginsOn: false)),
        scanCount(106),
      ])
  }

  /// Has gaps between its registers and refuses reads across them, as some devices do.
  private static func climate(_ seed: UInt64) -> SimulatedDevice {
    SimulatedDevice(
      name: "climate", unit: 4, seed: seed &* 100 &+ 4,
      tags: [
        SimulatedTag(
          "room_temp", .inputRegister, 0, .int16, scale: .tenth, unit: "°C",
          .sine(mean: 21.5, amplitude: 1.5, periodSeconds: 1_800, noise: 0.1)),
        SimulatedTag(
          "outdoor_temp", .inputRegister, 4, .int16, scale: .tenth, offset: DecimalNumber(units: -40, decimals: 0),
          unit: "°C", .sine(mean: -2, amplitude: 5, periodSeconds: 3_600, noise: 0.1)),
        SimulatedTag(
          "humidity", .inputRegister, 8, .uint16, scale: .hundredth, unit: "%",
          .sine(mean: 46, amplitude: 8, periodSeconds: 1_200, noise: 0.3)),
        SimulatedTag("fan", .coil, 2, .toggle(onSeconds: 240, offSeconds: 120)),
        scanCount(0),
      ])
  }

  private static func boiler(_ seed: UInt64, _ alarmPeriod: Duration) -> SimulatedDevice {
    let normalSeconds = Double(max(alarmPeriod.wholeMilliseconds, 1)) / 1_000
    return SimulatedDevice(
      name: "boiler", unit: 1, seed: seed &* 100 &+ 5,
      tags: [
        SimulatedTag(
          "supply_temp", .holdingRegister, 100, .int16, scale: .tenth, unit: "°C",
          .alarm(normal: 62, normalSeconds: normalSeconds, high: 92, highSeconds: normalSeconds / 2, noise: 0.4)),
        SimulatedTag(
          "return_temp", .holdingRegister, 101, .int16, scale: .tenth, unit: "°C",
          .sine(mean: 48, amplitude: 2, periodSeconds: 240, noise: 0.2)),
        SimulatedTag(
          "burner_hours", .holdingRegister, 102, .uint32, scale: .hundredth, unit: "h",
          .meter(start: 8_120, perHour: 1)),
        SimulatedTag("burner", .coil, 4, .toggle(onSeconds: 40, offSeconds: 20)),
        scanCount(104),
      ])
  }

  private static func tank(_ seed: UInt64) -> SimulatedDevice {
    SimulatedDevice(
      name: "tank", unit: 2, seed: seed &* 100 &+ 6,
      tags: [
        SimulatedTag(
          "level", .inputRegister, 0, .float32, order: .littleBig, unit: "m",
          .sawtooth(low: 0.8, high: 3.6, periodSeconds: 480)),
        SimulatedTag(
          "temperature", .inputRegister, 2, .int16, scale: .tenth, unit: "°C",
          .sine(mean: 38, amplitude: 3, periodSeconds: 700, noise: 0.1)),
        SimulatedTag("overflow", .discreteInput, 0, .constant(0)),
        scanCount(0),
      ])
  }

  private static func pump(_ seed: UInt64) -> SimulatedDevice {
    SimulatedDevice(
      name: "pump", unit: 3, seed: seed &* 100 &+ 7,
      tags: [
        SimulatedTag("running", .coil, 0, .toggle(onSeconds: 30, offSeconds: 15)),
        SimulatedTag(
          "speed", .holdingRegister, 0, .uint16, unit: "rpm",
          .sine(mean: 1_450, amplitude: 30, periodSeconds: 30, noise: 5)),
        SimulatedTag("starts", .holdingRegister, 1, .uint32, .counter(start: 640, perSecond: 1.0 / 45)),
        scanCount(3),
      ])
  }
}
