import Telemetry

/// Many equal devices with slow, realistic signals: the load of benchmarks.
public struct BenchmarkLayout: Sendable {
  /// Most registers beside the scan counter's two: one request reads them all.
  public static let maximumRegisters = 123

  public let devices: [SimulatedDevice]

  /// Units 1, 2, 3 … with `registers` tags of one holding register each from address 0, and `scan_count` behind them.
  ///
  /// - Parameters:
  ///   - devices: 1 to 247.
  ///   - registers: 1 to ``maximumRegisters``.
  /// - Throws: ``TestKitError`` when a number is out of its range.
  public init(devices count: Int, registers: Int, seed: UInt64 = 1) throws(TestKitError) {
    guard (1...247).contains(count) else { throw TestKitError("\(count) devices: choose 1 to 247") }
    try self.init(units: (1...count).map { UInt8($0) }, registers: registers, seed: seed)
  }

  /// The same with chosen unit ids.
  ///
  /// - Parameter prefix: the devices' names begin with it.
  /// - Throws: ``TestKitError`` when a number is out of its range.
  public init(
    units: [UInt8], registers: Int, prefix: String = "device", seed: UInt64 = 1
  ) throws(TestKitError) {
    guard (1...Self.maximumRegisters).contains(registers) else {
      throw TestKitError("\(registers) registers: choose 1 to \(Self.maximumRegisters)")
    }
    devices = units.map { Self.device($0, registers: registers, prefix: prefix, seed: seed) }
  }

  /// The devices in order on so many endpoints, the first ones with one device more when it does not come out even.
  ///
  /// - Throws: ``TestKitError`` when there are fewer devices than endpoints.
  public func sharedOut(to count: Int) throws(TestKitError) -> [(bus: String, devices: [SimulatedDevice])] {
    guard (1...devices.count).contains(count) else {
      throw TestKitError("\(count) endpoints: choose 1 to \(devices.count), as there are \(devices.count) devices")
    }
    return (0..<count).map { index in
      let begin = (index * devices.count + count - 1) / count
      let end = ((index + 1) * devices.count + count - 1) / count
      return ("endpoint\(index + 1)", Array(devices[begin..<end]))
    }
  }

  private static func device(_ unit: UInt8, registers: Int, prefix: String, seed: UInt64) -> SimulatedDevice {
    let padding = String(repeating: "0", count: unit < 10 ? 2 : unit < 100 ? 1 : 0)
    return SimulatedDevice(
      name: "\(prefix)\(padding)\(unit)", unit: unit, seed: seed &* 1_000 &+ UInt64(unit),
      tags: (0..<registers).map { tag($0, unit: unit) } + [PlantLayout.scanCount(UInt16(registers))])
  }

  /// Of ten registers six are temperatures with noise in the last digit, two are constant, one counts, one is a level.
  private static func tag(_ index: Int, unit: UInt8) -> SimulatedTag {
    let address = UInt16(index)
    switch index % 10 {
    case 6, 7:
      return SimulatedTag("setting\(index)", .holdingRegister, address, .uint16, .constant(Double(100 + index)))
    case 8:
      return SimulatedTag(
        "count\(index)", .holdingRegister, address, .uint16, .sawtooth(low: 0, high: 65_535, periodSeconds: 65_535))
    case 9:
      return SimulatedTag(
        "level\(index)", .holdingRegister, address, .uint16, scale: .tenth, unit: "%",
        .sawtooth(low: 5, high: 95, periodSeconds: 1_800))
    default:
      return SimulatedTag(
        "temp\(index)", .holdingRegister, address, .int16, scale: .tenth, unit: "°C",
        .sine(
          mean: 20 + Double(index % 7) * 8, amplitude: 4, periodSeconds: 3_600 + 60 * Double(unit), noise: 0.1))
    }
  }
}
