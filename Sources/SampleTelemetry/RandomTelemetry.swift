public import Telemetry

/// For tests: catalogues and rows of every shape the codec allows: all types, odd bit patterns, gaps, clocks that step.
public struct RandomTelemetry {
  public var generator: SeededGenerator

  public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  public mutating func catalogue() -> Catalogue {
    Catalogue(
      devices: (0..<Int.random(in: 1...5, using: &generator)).map { device in
        DeviceDefinition(
          name: "device-\(device)",
          tags: (0..<Int.random(in: 1...12, using: &generator)).map { tag in
            TagDefinition(
              name: "tag_\(tag)", type: ValueType.allCases.randomElement(using: &generator)!,
              scaling: Bool.random(using: &generator) ? .identity : Scaling(multiplier: 1, offset: -40, decimals: 1)!,
              unit: ["", "°C", "kWh"].randomElement(using: &generator)!, names: names())
          })
      })
  }

  private mutating func names() -> [ValueName] {
    guard Int.random(in: 0..<4, using: &generator) == 0 else { return [] }
    return [ValueName(value: -3, name: "réserve"), ValueName(value: 0, name: "off"), ValueName(value: 7, name: "auto")]
  }

  /// Few different ones, as states are, or many, as bar codes are.
  mutating func text() -> String {
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: ""
    case 1: "Grüße \"\u{1f321}\" 25 °C"
    case 2: String(UInt64.random(in: 0...UInt64.max, using: &generator), radix: 36)
    default: ["OK", "FAULT 12", "idle"].randomElement(using: &generator)!
    }
  }

  /// Half of the columns are as ``bits(_:)`` gives them, the others steady, growing or decimal, as plants are.
  public mutating func columns(_ catalogue: Catalogue, rows: Int) -> [DeviceColumns] {
    catalogue.devices.indices.map { device in
      let tags = catalogue.devices[device].tags
      var block = DeviceColumns(device: device, tagCount: tags.count)
      var time = Int64.random(in: -5_000_000_000...5_000_000_000_000, using: &generator)
      let shapes = tags.map { _ in Int.random(in: 0..<6, using: &generator) }
      let widths = tags.map { _ in Int64(1) << Int64.random(in: 0..<40, using: &generator) }
      for row in 0..<rows {
        time += Int64.random(in: 0...2_000, using: &generator)
        let readings = tags.indices.map { tag in
          let step = Int64.random(in: 0...widths[tag], using: &generator)
          return reading(tags[tag].type, shape: shapes[tag], number: Int64(row) * widths[tag] + step, row: Int64(row))
        }
        var scan = DeviceScan(device: device, time: Timestamp(milliseconds: time), readings: readings)
        for (tag, reading) in readings.enumerated() where tags[tag].type == .text && reading.quality.hasValue {
          scan.texts[tag] = text()
        }
        block.append(scan)
      }
      return block
    }
  }

  /// The rows of ``columns(_:rows:)`` of all devices, mixed, but each device's in order.
  public mutating func scans(_ catalogue: Catalogue, rows: Int) -> [DeviceScan] {
    let blocks = columns(catalogue, rows: rows)
    var left = Array(repeating: 0, count: blocks.count)
    var scans: [DeviceScan] = []
    while let device = left.indices.filter({ left[$0] < rows }).randomElement(using: &generator) {
      let row = left[device]
      let columns = blocks[device].columns
      var scan = DeviceScan(device: device, time: blocks[device].times[row], readings: columns.map { $0[row] })
      for (tag, column) in columns.enumerated() where !column.texts.isEmpty { scan.texts[tag] = column.text(row) }
      scans.append(scan)
      left[device] += 1
    }
    return scans
  }

  public mutating func reading(_ type: ValueType, shape: Int, number: Int64, row: Int64) -> Reading {
    let whole = [7, number, row * row][min(2, shape % 3)]
    switch (type, shape) {
    case (.boolean, _), (.text, _), (_, 3...): return reading(type)
    case (.integer, _): return Reading(.integer(whole))
    case (.float32, _): return Reading(.float32(Float(Double(whole % 100_000) / 100)))
    case (.float64, _): return Reading(.float64(Double(whole) / 1_000))
    }
  }

  public mutating func reading(_ type: ValueType) -> Reading {
    switch Int.random(in: 0..<20, using: &generator) {
    case 0: return .bad(.timeout)
    case 1: return .absent
    case 2: return Reading(bits: bits(type), quality: .uncertain(.outOfRange))
    default: return Reading(bits: bits(type), quality: .good)
    }
  }

  public mutating func bits(_ type: ValueType) -> Int64 {
    let odd = Int.random(in: 0..<8, using: &generator) == 0
    switch type {
    case .text: return 0
    case .boolean: return Int64.random(in: 0...1, using: &generator)
    case .integer:
      return odd
        ? [Int64.min, Int64.max, 0, -1].randomElement(using: &generator)!
        : Int64.random(in: -999...999, using: &generator)
    case .float32:
      return odd
        ? Int64(UInt32.random(in: 0...UInt32.max, using: &generator))
        : Int64(Float.random(in: -50...50, using: &generator).bitPattern)
    case .float64:
      return odd
        ? Int64.random(in: Int64.min...Int64.max, using: &generator)
        : Int64(bitPattern: Double.random(in: -50...50, using: &generator).bitPattern)
    }
  }

  public mutating func aggregates(_ catalogue: Catalogue) -> [DeviceAggregates] {
    catalogue.devices.indices.map { device in
      let rows = Int.random(in: 1...6, using: &generator)
      let start = Int64.random(in: -1_000...40_000_000, using: &generator)
      let columns = catalogue.devices[device].tags.map { tag in
        var column = DeviceAggregates.Column()
        for _ in 0..<rows {
          let count = Int64.random(in: 0...60, using: &generator)
          column.counts.append(count)
          if tag.type == .text {
            column.minimums.append(0)
            column.maximums.append(count > 0 ? column.texts.index(of: text()) : 0)
            column.totals.append(0)
            continue
          }
          column.minimums.append(count > 0 ? bits(tag.type) : 0)
          column.maximums.append(count > 0 ? bits(tag.type) : 0)
          column.totals.append(count > 0 ? bits(tag.type == .boolean ? .integer : tag.type) : 0)
        }
        return column
      }
      return DeviceAggregates(
        device: device, periodMilliseconds: [1, 60_000, .max].randomElement(using: &generator)!,
        times: (0..<rows).map { Timestamp(milliseconds: (start + Int64($0)) * 60_000) }, columns: columns)
    }
  }

  /// The first has times, so that a batch of them has.
  public mutating func losses(_ count: Int) -> [LossNotice] {
    (0..<count).map { index in
      let first = UInt64.random(in: 1...UInt64.max, using: &generator)
      let devices = Int.random(in: 0...70, using: &generator)
      return LossNotice(
        reason: LossNotice.Reason.allCases.randomElement(using: &generator)!,
        lane: Lane.allCases.randomElement(using: &generator)!,
        epoch: Bool.random(using: &generator) ? Epoch(using: &generator) : nil,
        numbers: Bool.random(using: &generator)
          ? first...UInt64.random(in: first...UInt64.max, using: &generator) : nil,
        firstTime: index == 0 ? Timestamp(milliseconds: Int64.random(in: -9...9_000_000, using: &generator)) : nil,
        lastTime: Bool.random(using: &generator) ? Timestamp(milliseconds: 10_000_000) : nil,
        samples: Bool.random(using: &generator) ? UInt64.random(in: 0...UInt64.max, using: &generator) : nil,
        devices: (0..<devices).map { "device-\($0)" }, moreDevices: Int.random(in: 0...3, using: &generator),
        detail: ["", "disk is full – 4 GiB"].randomElement(using: &generator)!)
    }
  }

  public mutating func alarms(_ count: Int) -> [AlarmEvent] {
    (0..<count).map { index in
      AlarmEvent(
        time: Timestamp(milliseconds: Int64.random(in: 0...5_000_000_000_000, using: &generator)),
        alarm: "alarm_\(index)",
        tag: "boiler/supply_temp", transition: index % 2 == 0 ? .raised : .cleared,
        severity: Severity.allCases.randomElement(using: &generator)!,
        value: index % 3 == 0 ? nil : Double.random(in: -9...99, using: &generator),
        message: "supply_temp is above 85 °C")
    }
  }
}
