public import Telemetry

/// The devices that the demonstration, the tests and the benchmarks poll.
public enum Plant {
  /// A press, an energy meter, hydraulics and the climate of the hall, behind one TCP endpoint.
  public static func machines(seed: UInt64) -> [SimulatedDevice] {
    [
      SimulatedDevice(
        name: "press", unit: 1,
        tags: [
          SimulatedTag(
            "temperature", .holdingRegister, 0, .int16, scale: "0.1", unit: "°C",
            .sine(mean: 62, amplitude: 6, period: 300, noise: 0.3)),
          SimulatedTag(
            "pressure", .holdingRegister, 2, .float32, unit: "bar",
            .sine(mean: 180, amplitude: 15, period: 45, noise: 1.5)),
          SimulatedTag("parts", .holdingRegister, 4, .uint32, .counter(rate: 0.5, offset: 120_000)),
          SimulatedTag("scan_count", .holdingRegister, 8, .uint32, .scanCounter),
          SimulatedTag("running", .coil, 0, .bool, .square(period: 60, duty: 0.8, low: 0, high: 1)),
          SimulatedTag("door_closed", .discreteInput, 0, .bool, .square(period: 90, duty: 0.95, low: 0, high: 1)),
        ], seed: seed),
      SimulatedDevice(
        name: "meter", unit: 2,
        tags: [
          SimulatedTag(
            "voltage", .inputRegister, 0, .float32, order: .littleBig, unit: "V",
            .sine(mean: 231, amplitude: 2, period: 120, noise: 0.5)),
          SimulatedTag(
            "power", .inputRegister, 2, .float32, order: .bigLittle, unit: "kW",
            .sine(mean: 24, amplitude: 9, period: 75, noise: 0.8)),
          SimulatedTag(
            "energy", .inputRegister, 4, .float64, order: .littleLittle, unit: "kWh",
            .meter(rate: 0.0067, offset: 48_211)),
          SimulatedTag("pulses", .inputRegister, 8, .int64, .counter(rate: 6.7, offset: 48_211_000)),
          SimulatedTag("scan_count", .holdingRegister, 0, .uint32, .scanCounter),
        ], seed: seed &+ 1),
      SimulatedDevice(
        name: "hydraulics", unit: 3,
        tags: [
          SimulatedTag(
            "oil_temp", .inputRegister, 10, .int16, scale: "0.1", unit: "°C",
            .sine(mean: 48, amplitude: 4, period: 400, noise: 0.2)),
          SimulatedTag(
            "oil_level", .inputRegister, 11, .uint16, unit: "%", .sine(mean: 78, amplitude: 1, period: 900, noise: 0.6)),
          SimulatedTag("pump_on", .coil, 3, .bool, .square(period: 40, duty: 0.5, low: 0, high: 1)),
          SimulatedTag("scan_count", .holdingRegister, 0, .uint32, .scanCounter),
        ], seed: seed &+ 2),
    ]
  }

  /// A boiler that becomes too hot once an alarm period, a tank and a well, on one serial line.
  ///
  /// - Parameter alarmPeriod: seconds; the boiler is at 91 °C for the first half of it, and at 71 °C for the rest.
  public static func boilerRoom(seed: UInt64, alarmPeriod: Double) -> [SimulatedDevice] {
    [
      SimulatedDevice(
        name: "boiler", unit: 1,
        tags: [
          SimulatedTag(
            "supply_temp", .holdingRegister, 100, .int16, scale: "0.1", unit: "°C",
            .square(period: alarmPeriod, duty: 0.5, low: 71.3, high: 91.2)),
          SimulatedTag(
            "return_temp", .holdingRegister, 101, .int16, scale: "0.1", unit: "°C",
            .sine(mean: 52, amplitude: 3, period: 200, noise: 0.3)),
          SimulatedTag("burner_on", .discreteInput, 7, .bool, .square(period: 30, duty: 0.6, low: 0, high: 1)),
          SimulatedTag("scan_count", .holdingRegister, 104, .uint32, .scanCounter),
        ], seed: seed &+ 10),
      SimulatedDevice(
        name: "tank", unit: 2,
        tags: [
          SimulatedTag(
            "level", .inputRegister, 0, .uint16, scale: "0.01", unit: "m",
            .sine(mean: 3.2, amplitude: 0.8, period: 600, noise: 0.02)),
          SimulatedTag("valve_open", .coil, 1, .bool, .square(period: 50, duty: 0.3, low: 0, high: 1)),
          SimulatedTag("scan_count", .holdingRegister, 0, .uint32, .scanCounter),
        ], seed: seed &+ 11),
      SimulatedDevice(
        name: "well", unit: 3,
        tags: [
          SimulatedTag(
            "flow", .inputRegister, 4, .float32, unit: "m³/h", .sine(mean: 8, amplitude: 2.5, period: 130, noise: 0.2)),
          SimulatedTag("volume", .inputRegister, 6, .int32, unit: "m³", .counter(rate: 0.002, offset: 90_400)),
          SimulatedTag("scan_count", .holdingRegister, 0, .uint32, .scanCounter),
        ], seed: seed &+ 12),
    ]
  }

  /// Like many real devices: noise in the last digit, slow changes, some values that never change.
  ///
  /// - Parameter registers: values a device, its scan counter among them; 2 to 125.
  public static func bench(devices: Int, registers: Int, seed: UInt64) -> [SimulatedDevice] {
    (1...devices).map { number in
      let tags = (0..<registers - 2).map { index in
        let address = UInt16(index)
        let name = "r\(index)"
        let phase = Double(number * 13 + index * 7)
        let signal: Signal =
          switch index % 5 {
          case 0: .sine(mean: 200 + phase, amplitude: 30, period: 600 + phase, noise: 1.4)
          case 1: .sine(mean: 4_000 + phase, amplitude: 300, period: 900 + phase, noise: 2)
          case 2: .counter(rate: 0.2 + phase / 400, offset: phase * 10)
          case 3: .constant(phase)
          default: .square(period: 120 + phase, duty: 0.5, low: 0, high: 1)
          }
        return SimulatedTag(name, .holdingRegister, address, .uint16, scale: index % 5 == 0 ? "0.1" : "1", signal)
      }
      let counter = SimulatedTag("scan_count", .holdingRegister, UInt16(registers - 2), .uint32, .scanCounter)
      return SimulatedDevice(
        name: "device\(number)", unit: UInt8(number), tags: tags + [counter], seed: seed &+ UInt64(number))
    }
  }
}
