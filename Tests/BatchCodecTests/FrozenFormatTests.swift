import BatchCodec
import Telemetry
import Testing

/// Promise G10: what an older program wrote is read for ever.
@Suite("Bytes of version 1")
struct FrozenFormatTests {
  private let start: Int64 = 1_790_000_000_000

  private func catalogue() throws -> Catalogue {
    let tenths = try #require(Scaling(multiplier: 1, offset: -400, decimals: 1))
    return Catalogue(devices: [
      DeviceDefinition(
        name: "boiler",
        tags: [
          TagDefinition(name: "supply_temp", type: .integer, scaling: tenths, unit: "°C"),
          TagDefinition(name: "burner", type: .boolean), TagDefinition(name: "pressure", type: .float32, unit: "bar"),
          TagDefinition(name: "energy", type: .float64, unit: "kWh"),
        ]), DeviceDefinition(name: "tank-2", tags: [TagDefinition(name: "level.raw", type: .integer)]),
    ])
  }

  private var blocks: [DeviceColumns] {
    var boiler = DeviceColumns(device: 0, tagCount: 4)
    for row in 0..<40 as Range<Int64> {
      var readings = [
        Reading(.integer(559 + row * row)), Reading(.boolean(row % 4 < 2)), Reading(.float32(Float(row) * 0.5 - 3)),
        Reading(.float64(18_250.125 + Double(row) / 8)),
      ]
      switch row {
      case 5: readings[1] = .absent
      case 7: readings[0] = .bad(.timeout)
      case 8: readings[0] = Reading(.integer(-32_768), quality: .uncertain(.sensorFault))
      case 9: readings[2] = Reading(.float32(-.infinity))
      default: break
      }
      boiler.append(
        DeviceScan(device: 0, time: Timestamp(milliseconds: start + row * 1_000 + row % 3), readings: readings))
    }
    var tank = DeviceColumns(device: 1, tagCount: 1)
    for (row, value) in [Int64.min, -1, 0, 1, .max].enumerated() {
      tank.append(
        DeviceScan(
          device: 1, time: Timestamp(milliseconds: start + Int64(row) * 250), readings: [Reading(.integer(value))]))
    }
    return [boiler, tank]
  }

  private var losses: [LossNotice] {
    [
      LossNotice(
        reason: .outboxFull, lane: .telemetry, numbers: 3...9, firstTime: Timestamp(milliseconds: start - 60_000),
        lastTime: Timestamp(milliseconds: start - 1), samples: 4_321, devices: ["boiler"], detail: "the disk was full")
    ]
  }

  private var events: [AlarmEvent] {
    [
      AlarmEvent(
        time: Timestamp(milliseconds: start), alarm: "too_hot", tag: "boiler/supply_temp", transition: .raised,
        severity: .high, value: 85.5, message: "86 °C > 85"),
      AlarmEvent(
        time: Timestamp(milliseconds: start + 4_000), alarm: "too_hot", tag: "boiler/supply_temp", transition: .cleared,
        severity: .high, value: nil, message: ""),
    ]
  }

  @Test("A batch of telemetry with aggregates and a loss notice")
  func batch() throws {
    let batch = try BatchCodec.decode(FrozenBytes.batch[...])
    #expect(batch.header.number == 42 && batch.header.span == 1 && batch.header.recordCount == 166)
    #expect(batch.header.epoch == Epoch(high: 0x0102_0304_0506_0708, low: 0xfffe_fdfc_fbfa_f9f8))
    let column = DeviceAggregates.Column(minimums: [-5], maximums: [70], totals: [123], counts: [60])
    let aggregates = DeviceAggregates(
      device: 1, periodMilliseconds: 60_000, times: [Timestamp(milliseconds: start - 120_000)], columns: [column])
    #expect(
      batch.content
        == .telemetry(catalogue: try catalogue(), devices: blocks, aggregates: [aggregates], losses: losses))
  }

  @Test("A batch of alarms")
  func alarms() throws {
    let batch = try BatchCodec.decode(FrozenBytes.alarmBatch[...])
    #expect(batch.header.number == 7 && batch.content == .alarms(events, losses: []))
  }

  @Test("The frames and the catalogue that an outbox holds while its program is exchanged")
  func frames() throws {
    let catalogue = try CatalogueCodec.decode(FrozenBytes.catalogue)
    #expect(try catalogue == self.catalogue())
    let content = try FrameCodec.decodeTelemetry(FrozenBytes.frame, catalogue: catalogue)
    #expect(content.blocks == blocks && content.losses == losses)
    #expect(try FrameCodec.decodeAlarms(FrozenBytes.alarmFrame).events == events)
    var rows = FrameRows(FrameLayout(catalogue))
    try rows.append(FrozenBytes.frame)
    #expect(rows.columns() == blocks && rows.losses == losses)
  }
}
