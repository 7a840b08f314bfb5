import Glibc
import JSONText

/// Simulated devices that are being served: TCP endpoints, a serial line, or both.
///
///     let simulation = try Simulation(plant: PlantLayout(), link: directory("line"))
///     defer { simulation.stop() }
///     try simulation.configuration(every: "100ms").yaml …
public final class Simulation: Sendable {
  public let endpoints: [SimulationEndpoint]
  private let tcp: ModbusTCPServer?
  private let rtu: ModbusRTUServer?

  /// Begins to serve; returns when clients can connect.
  ///
  /// - Parameters:
  ///   - tcp: name and devices of each TCP endpoint.
  ///   - host: the IPv4 address they listen on.
  ///   - port: the first one's port; 0: any free ports.
  ///   - rtu: name, devices and symbolic link of the serial line.
  ///   - pace: bits a second of the serial line; nil: as fast as the machine.
  ///   - isStrict: the devices of the serial line ignore requests that come too soon.
  /// - Throws: ``TestKitError`` when a port or the link cannot be had.
  public init(
    tcp: [(bus: String, devices: [SimulatedDevice])] = [], host: String = "127.0.0.1", port: Int = 0,
    rtu: (bus: String, devices: [SimulatedDevice], link: String)? = nil, pace: Int? = nil,
    isStrict: Bool = false
  ) throws {
    let tcpUnits = tcp.map { SimulatedUnits($0.devices) }
    let server = tcp.isEmpty ? nil : try ModbusTCPServer(tcpUnits, host: host, port: port)
    var endpoints = zip(tcp, tcpUnits).enumerated().map { index, endpoint in
      SimulationEndpoint(
        bus: endpoint.0.bus, kind: .tcp(host: host, port: server?.ports[index] ?? 0), units: endpoint.1)
    }
    var line: ModbusRTUServer?
    if let rtu {
      let units = SimulatedUnits(rtu.devices)
      do {
        line = try ModbusRTUServer(units, link: rtu.link, pace: pace, isStrict: isStrict)
      } catch {
        server?.stop()
        throw error
      }
      endpoints.append(SimulationEndpoint(bus: rtu.bus, kind: .rtu(path: rtu.link), units: units))
    }
    self.endpoints = endpoints
    self.tcp = server
    self.rtu = line
  }

  /// The demo plant.
  ///
  /// - Parameter link: of its serial line; nil: without the boiler room.
  public convenience init(
    plant: PlantLayout, host: String = "127.0.0.1", port: Int = 0, link: String?, pace: Int? = nil
  ) throws {
    try self.init(
      tcp: [(PlantLayout.tcpBus, plant.tcp)], host: host, port: port,
      rtu: link.map { (PlantLayout.rtuBus, plant.rtu, $0) }, pace: pace)
  }

  /// TCP ports, in order of the endpoints.
  public var ports: [Int] { tcp?.ports ?? [] }

  /// What the serial line saw since the last call; nil without one.
  public func takeLineRecord() -> LineRecord? { rtu?.takeRecord() }

  /// Ends all connections and removes the serial line; again it does nothing.
  public func stop() {
    tcp?.stop()
    rtu?.stop()
  }

  /// The devices as a gateway's configuration names them.
  ///
  /// - Parameter every: the scan interval as the configuration writes it.
  public func configuration(every: String = "1s") -> ConfigurationMap {
    ConfigurationMap(
      buses: endpoints.map { .init(name: $0.bus, kind: $0.kind, devices: $0.units.snapshot) }, every: every)
  }

  /// What a ready file holds: `{"tcp":1502,"ports":[1502],"rtu":"/tmp/line","pid":4711}`, without what there is not.
  public var readyText: String {
    let text = JSONWriter.text { json in
      json.object { json in
        if let first = ports.first {
          json.member("tcp", first)
          json.array("ports") { json in for port in ports { json.integer(port) } }
        }
        json.member("rtu", ifPresent: rtu?.path)
        json.member("pid", getpid())
      }
    }
    return text + "\n"
  }

  // MARK: Faults and values

  /// The fault of a device by its name, such as `boiler`; nil clears it.
  ///
  /// - Throws: ``TestKitError`` that names the devices when there is none of this name.
  public func setFault(_ fault: Fault?, device: String) throws(TestKitError) {
    for place in try find(device) { place.units.setFault(fault, unit: place.device.unit) }
  }

  /// Holds a tag at a value; nil lets it follow its signal again.
  ///
  /// - Throws: ``TestKitError`` when there is no such tag.
  public func force(_ device: String, _ tag: String, to value: Double?) throws(TestKitError) {
    for place in try find(device) where !place.units.force(device: place.device.name, tag: tag, to: value) {
      let names = place.device.tags.map(\.name).joined(separator: ", ")
      throw TestKitError("device \(device) has no tag '\(tag)'; it has \(names)")
    }
  }

  /// The values of a device at this moment by the names of its tags.
  ///
  /// - Throws: ``TestKitError`` when there is no such device.
  public func values(_ device: String) throws(TestKitError) -> [String: Double] {
    var values: [String: Double] = [:]
    for place in try find(device) {
      for (tag, value) in zip(place.device.tags, place.units.values(device: place.device.name)) {
        values[tag.name] = value
      }
    }
    return values
  }

  /// Devices by a name, by a unit id (on every bus that has it), or by `tcp:UNIT` and `rtu:UNIT`.
  func find(_ selector: String) throws(TestKitError) -> [(units: SimulatedUnits, device: SimulatedDevice)] {
    let parts = selector.split(separator: ":", maxSplits: 1)
    let wantsSerial: Bool? = parts.count < 2 ? nil : parts[0] == "rtu" ? true : parts[0] == "tcp" ? false : nil
    let unit = parts.last.flatMap { UInt8($0) }
    var found: [(SimulatedUnits, SimulatedDevice)] = []
    for endpoint in endpoints where wantsSerial == nil || wantsSerial == endpoint.isSerial {
      for device in endpoint.units.snapshot where device.name == selector || device.unit == unit {
        found.append((endpoint.units, device))
      }
    }
    guard !found.isEmpty else {
      let names = endpoints.flatMap { $0.units.snapshot.map(\.name) }.prefix(20).joined(separator: ", ")
      throw TestKitError("there is no device '\(selector)'; use a unit id, tcp:UNIT, rtu:UNIT, or one of \(names)")
    }
    return found
  }
}
