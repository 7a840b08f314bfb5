import FieldgateTestKit
import Telemetry
import Testing

@Suite("Configurations for simulated devices")
struct ConfigurationMapTests {
  @Test("The plant's map is what demos and their documents rely on")
  func plant() {
    let yaml = PlantLayout().configuration(host: "127.0.0.1", port: 1502, link: "/tmp/line").yaml
    #expect(yaml == Self.plantYAML)
  }

  @Test("Quotes and backslashes in paths are escaped, scan intervals are taken over")
  func quoting() {
    let map = ConfigurationMap(buses: [.init(name: "b", kind: .rtu(path: "/tmp/a\"b\\c"), devices: [])], every: "250ms")
    #expect(map.yaml.contains(#"device: "/tmp/a\"b\\c","#))
    let plant = PlantLayout().configuration(host: "127.0.0.1", port: 1, link: "x", every: "250ms").yaml
    #expect(plant.split(separator: "\n").filter { $0 == "    every: 250ms" }.count == 7)
  }

  @Test("No two tags of a device overlap, every device counts its scans, names are unique")
  func consistency() throws {
    let plant = PlantLayout()
    let layouts = [plant.tcp + plant.rtu, try BenchmarkLayout(devices: 247, registers: 123).devices]
    for devices in layouts {
      #expect(Set(devices.map(\.name)).count == devices.count)
      for device in devices {
        var taken: Set<[Int]> = []
        for tag in device.tags {
          for entry in 0..<tag.point.entryCount {
            let isNew = taken.insert([Int(tag.point.table.rawValue), Int(tag.point.address) + entry]).inserted
            #expect(isNew, "\(device.name)/\(tag.name)")
          }
        }
        #expect(Set(device.tags.map(\.name)).count == device.tags.count)
        #expect(device.tags.filter { $0.signal == .scanCounter }.map(\.name) == ["scan_count"])
      }
    }
  }

  @Test("A benchmark device is read in one request")
  func oneRequest() throws {
    var device = try BenchmarkLayout(devices: 1, registers: 123).devices[0]
    #expect(device.reply(to: [3, 0, 0, 0, 125], at: .zero).count == 252)
  }

  @Test("Layouts out of range are refused", arguments: [(0, 1), (248, 1), (1, 0), (1, 124)])
  func outOfRange(devices: Int, registers: Int) {
    #expect(throws: TestKitError.self) { try BenchmarkLayout(devices: devices, registers: registers) }
  }

  private static let plantYAML = """
    buses:
      - { name: press-shop, type: modbus-tcp, host: 127.0.0.1, port: 1502 }
      - { name: boiler-room, type: modbus-rtu, device: "/tmp/line", baud: 19200, parity: even }
    devices:
      - name: press
        bus: press-shop
        unit: 1
        every: 1s
        tags:
          - { name: temperature, input: 0, type: int16, scale: 0.1, unit: "°C" }
          - { name: pressure, input: 1, type: float32, unit: "bar" }
          - { name: parts, input: 3, type: uint32 }
          - { name: running, coil: 0 }
          - { name: door, discrete: 0 }
          - { name: scan_count, holding: 0, type: uint32 }
      - name: energy
        bus: press-shop
        unit: 2
        every: 1s
        tags:
          - { name: voltage, input: 0, type: float32, unit: "V" }
          - { name: current, input: 2, type: float32, order: little-big, unit: "A" }
          - { name: power, input: 4, type: float32, order: big-little, unit: "kW" }
          - { name: energy, input: 6, type: float64, order: little-big, unit: "kWh" }
          - { name: pulses, input: 10, type: int64, order: little-little }
          - { name: scan_count, holding: 0, type: uint32 }
      - name: hydraulics
        bus: press-shop
        unit: 3
        every: 1s
        tags:
          - { name: oil_temp, holding: 100, type: int16, scale: 0.1, unit: "°C" }
          - { name: oil_level, holding: 101, type: uint16, scale: 0.1, unit: "%" }
          - { name: flow, holding: 102, type: int32, order: little-big, scale: 0.01, unit: "l/min" }
          - { name: setpoint, holding: 104, type: uint16, unit: "bar" }
          - { name: filter_clogged, discrete: 8 }
          - { name: scan_count, holding: 106, type: uint32 }
      - name: climate
        bus: press-shop
        unit: 4
        every: 1s
        tags:
          - { name: room_temp, input: 0, type: int16, scale: 0.1, unit: "°C" }
          - { name: outdoor_temp, input: 4, type: int16, scale: 0.1, offset: -40, unit: "°C" }
          - { name: humidity, input: 8, type: uint16, scale: 0.01, unit: "%" }
          - { name: fan, coil: 2 }
          - { name: scan_count, holding: 0, type: uint32 }
      - name: boiler
        bus: boiler-room
        unit: 1
        every: 1s
        tags:
          - { name: supply_temp, holding: 100, type: int16, scale: 0.1, unit: "°C" }
          - { name: return_temp, holding: 101, type: int16, scale: 0.1, unit: "°C" }
          - { name: burner_hours, holding: 102, type: uint32, scale: 0.01, unit: "h" }
          - { name: burner, coil: 4 }
          - { name: scan_count, holding: 104, type: uint32 }
      - name: tank
        bus: boiler-room
        unit: 2
        every: 1s
        tags:
          - { name: level, input: 0, type: float32, order: little-big, unit: "m" }
          - { name: temperature, input: 2, type: int16, scale: 0.1, unit: "°C" }
          - { name: overflow, discrete: 0 }
          - { name: scan_count, holding: 0, type: uint32 }
      - name: pump
        bus: boiler-room
        unit: 3
        every: 1s
        tags:
          - { name: running, coil: 0 }
          - { name: speed, holding: 0, type: uint16, unit: "rpm" }
          - { name: starts, holding: 1, type: uint32 }
          - { name: scan_count, holding: 3, type: uint32 }

    """
}
