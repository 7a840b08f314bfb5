import GatewayCore
import TagExpressions
import Telemetry
import Testing

/// A catalogue of two real devices and computed ones behind them, driven by hand.
private struct ComputedBench {
  static let boiler = DeviceDefinition(
    name: "boiler",
    tags: [
      TagDefinition(name: "supply", type: .float64, unit: "°C"),
      TagDefinition(name: "return", type: .float64, unit: "°C"),
    ])
  static let meter = DeviceDefinition(name: "meter", tags: [TagDefinition(name: "flow", type: .float64)])

  var now = MonotonicTime(nanoseconds: 10_000_000_000)
  var computed: ComputedTags
  let catalogue: Catalogue
  /// Given so far: `calc: 20, -` with the milliseconds of their time.
  private(set) var scans: [String] = []

  /// - Parameter devices: name, interval in milliseconds, tags as name and expression.
  init(_ devices: [(String, Int64, [(String, String)])]) throws {
    (catalogue, computed) = try Self.make(devices)
  }

  static func make(_ devices: [(String, Int64, [(String, String)])]) throws -> (Catalogue, ComputedTags) {
    var directory = TagDirectory()
    for device in [boiler, meter] {
      for tag in device.tags { directory.set(TagName(device: device.name, tag: tag.name), tag) }
    }
    for (device, _, tags) in devices {
      for (tag, text) in tags {
        let type: ValueType = text.contains(">") ? .boolean : .float64
        directory.set(TagName(device: device, tag: tag), TagDefinition(name: tag, type: type))
      }
    }
    var catalogue = Catalogue(devices: [boiler, meter])
    for (device, _, tags) in devices {
      let definitions = tags.map { TagDefinition(name: $0.0, type: $0.1.contains(">") ? .boolean : .float64) }
      catalogue.devices.append(DeviceDefinition(name: device, tags: definitions))
    }
    let plans = try devices.enumerated().map { place, device in
      ComputedDevice(
        place: place + 2, interval: .milliseconds(device.1),
        tags: try device.2.map { tag in
          let program = try ExpressionProgram(try ParsedExpression(tag.1, in: device.0), tags: directory)
          let inputs = program.inputs.map { name in
            let place = catalogue.devices.firstIndex { $0.name == name.device } ?? 0
            return TagIndex(
              device: place, tag: catalogue.devices[place].tags.firstIndex { $0.name == name.tag } ?? 0)
          }
          return ComputedDevice.Tag(.expression(program), inputs: inputs)
        })
    }
    return (
      catalogue,
      ComputedTags(
        plans, catalogue: catalogue, wall: Timestamp(milliseconds: 0), now: MonotonicTime(nanoseconds: 10_000_000_000))
    )
  }

  /// A scan of a device, and what it brings; nil is absent.
  mutating func scan(_ device: Int, _ values: [Double?]) {
    let readings = values.map { $0.map { Reading(.float64($0)) } ?? .absent }
    take(DeviceScan(device: device, time: Timestamp(milliseconds: 0), readings: readings), started: now)
  }

  mutating func take(_ scan: DeviceScan, started: MonotonicTime) {
    computed.took(scan, started: started, now: now)
    drain()
  }

  private mutating func drain() {
    while let scan = computed.next(now: now) {
      let shown = zip(catalogue.devices[scan.device].tags, scan.readings).map { tag, reading in
        guard reading.quality.level != .absent else { return "-" }
        guard let value = reading.engineeringValue(tag) else { return "\(reading.quality)" }
        let text = tag.type == .boolean ? "\(value != 0)" : "\(Int(value))"
        return reading.quality == .good ? text : "\(text) \(reading.quality)"
      }
      let time = (now - MonotonicTime(nanoseconds: 10_000_000_000)).wholeMilliseconds
      scans.append("\(time) \(catalogue.devices[scan.device].name): \(shown.joined(separator: ", "))")
      computed.took(
        DeviceScan(device: scan.device, time: Timestamp(milliseconds: 0), readings: scan.readings),
        started: scan.started, now: now)
    }
  }

  /// Lets milliseconds pass, with a look at each deadline.
  mutating func wait(_ milliseconds: Int64) {
    let end = now + .milliseconds(milliseconds)
    while computed.deadline <= end {
      now = max(now, computed.deadline)
      drain()
    }
    now = end
  }

  mutating func takeScans() -> [String] {
    defer { scans = [] }
    return scans
  }
}

@Suite("Computed tags")
struct ComputedTagsTests {
  @Test("A scan brings a computed scan at once, of the tags that it has something new for")
  func once() throws {
    var bench = try ComputedBench([
      ("calc", 1_000, [("delta", "boiler/supply - boiler/return"), ("flow", "meter/flow * 2")])
    ])
    bench.scan(0, [70, 50])
    #expect(bench.takeScans() == ["0 calc: 20, -"])
    bench.wait(1_000)
    bench.scan(1, [3])
    #expect(bench.takeScans() == ["1000 calc: -, 6"])
  }

  @Test("Nothing comes before there is a value of every tag that is used")
  func incomplete() throws {
    var bench = try ComputedBench([("calc", 1_000, [("delta", "boiler/supply - boiler/return")])])
    bench.scan(0, [70, nil])
    bench.wait(1_500)
    #expect(bench.takeScans() == [])
    bench.scan(0, [nil, 50])
    #expect(bench.takeScans() == ["1500 calc: 20"])
  }

  @Test("Scans that follow fast are computed once an interval, and the last one is made up for")
  func interval() throws {
    var bench = try ComputedBench([("calc", 1_000, [("double", "meter/flow * 2")])])
    for value in 1...15 {
      bench.scan(1, [Double(value)])
      bench.wait(100)
    }
    #expect(bench.takeScans() == ["0 calc: 2", "1000 calc: 20"])
    bench.wait(10_000)
    #expect(bench.takeScans() == ["2000 calc: 30"])
    #expect(bench.computed.deadline == .never)
  }

  @Test("An expression over two devices waits for both, but for a quarter of its interval only")
  func round() throws {
    var bench = try ComputedBench([("calc", 1_000, [("power", "(boiler/supply - boiler/return) * meter/flow")])])
    bench.scan(0, [70, 50])
    bench.wait(20)
    bench.scan(1, [2])
    #expect(bench.takeScans() == ["20 calc: 40"])
    bench.wait(1_000)
    bench.scan(0, [80, 50])
    bench.wait(249)
    #expect(bench.takeScans() == [])
    bench.wait(1)
    #expect(bench.takeScans() == ["1270 calc: 60"])
  }

  @Test("Tags of one device use each other's new values, in whatever order they stand")
  func ownDevice() throws {
    var bench = try ComputedBench([
      (
        "calc", 1_000,
        [("hot", "power > 50"), ("power", "delta * meter/flow"), ("delta", "boiler/supply - boiler/return")]
      )
    ])
    bench.scan(1, [2])
    bench.scan(0, [70, 50])
    #expect(bench.takeScans() == ["0 calc: false, 40, 20"])
    bench.wait(1_000)
    bench.scan(0, [80, 50])
    bench.scan(1, [3])
    #expect(bench.takeScans() == ["1000 calc: true, 90, 30"])
  }

  @Test("A device that uses another computed one comes behind it, whatever the order of the file")
  func chain() throws {
    var bench = try ComputedBench([
      ("second", 1_000, [("more", "first/double + meter/flow")]), ("first", 1_000, [("double", "meter/flow * 2")]),
    ])
    bench.scan(1, [5])
    #expect(bench.takeScans() == ["0 first: 10", "0 second: 15"])
    bench.wait(1_000)
    bench.scan(1, [7])
    #expect(bench.takeScans() == ["1000 first: 14", "1000 second: 21"])
  }

  @Test("Two devices that use each other's tags come to rest")
  func mutual() throws {
    var bench = try ComputedBench([
      ("a", 500, [("x", "meter/flow + 1"), ("z", "b/y + 1")]), ("b", 500, [("y", "a/x + 1")]),
    ])
    bench.scan(1, [1])
    bench.wait(60_000)
    #expect(bench.takeScans() == ["0 a: 2, -", "0 b: 3", "500 a: -, 4"])
    #expect(bench.computed.deadline == .never)
  }

  @Test("Quality goes through, and what grows old with it")
  func quality() throws {
    var bench = try ComputedBench([("calc", 100, [("double", "meter/flow * 2"), ("is", "double > 5")])])
    bench.scan(1, [3])
    bench.wait(100)
    let stale = DeviceScan(
      device: 1, time: Timestamp(milliseconds: 0), readings: [Reading(.float64(3), quality: .uncertain(.stale))])
    bench.take(stale, started: bench.now)
    bench.wait(100)
    bench.take(DeviceScan(device: 1, time: Timestamp(milliseconds: 0), readings: [.bad(.timeout)]), started: bench.now)
    #expect(
      bench.takeScans() == [
        "0 calc: 6, true", "100 calc: 6 uncertain (stale), true uncertain (stale)",
        "200 calc: bad (time-out), bad (time-out)",
      ])
  }

  @Test("A tag that depends on time alone is computed every interval")
  func clock() throws {
    var bench = try ComputedBench([("calc", 1_000, [("age", "age(meter/flow)"), ("old", "age > 1")])])
    bench.wait(1_500)
    #expect(bench.takeScans() == [])
    bench.scan(1, [3])
    bench.wait(2_600)
    #expect(bench.takeScans() == ["2000 calc: 0, false", "3000 calc: 1, true", "4000 calc: 2, true"])
  }

  @Test("The time of a computed scan is that of the newest scan in it")
  func time() throws {
    var bench = try ComputedBench([("calc", 1_000, [("sum", "boiler/supply + as(meter/flow, '°C')")])])
    let early = bench.now
    bench.wait(100)
    let late = bench.now
    bench.wait(100)
    bench.computed.took(
      DeviceScan(device: 1, time: Timestamp(milliseconds: 0), readings: [Reading(.float64(1))]), started: late,
      now: bench.now)
    bench.computed.took(
      DeviceScan(
        device: 0, time: Timestamp(milliseconds: 0), readings: [Reading(.float64(1)), Reading(.float64(1))]),
      started: early, now: bench.now)
    #expect(bench.computed.next(now: bench.now)?.started == late)
  }

  @Test("After a reload known values stay, and what is new is computed from them at once")
  func reload() throws {
    let old = [("calc", Int64(1_000), [("double", "meter/flow * 2"), ("kept", "last_good(meter/flow)")])]
    var bench = try ComputedBench(old)
    bench.scan(1, [4])
    bench.wait(100)
    let bad = DeviceScan(device: 1, time: Timestamp(milliseconds: 0), readings: [.bad(.timeout)])
    bench.take(bad, started: bench.now)
    #expect(bench.takeScans() == ["0 calc: 8, 4"])
    // A new device stands before the known one, whose evaluation was still to come.
    var next = try ComputedBench([("new", 500, [("last", "last_good(meter/flow)")])] + old)
    next.now = bench.now
    next.computed.goOn(after: bench.computed, latest: [nil, bad, nil, nil], now: next.now) { tag in
      TagIndex(device: tag.device < 2 ? tag.device : 3, tag: tag.tag)
    }
    next.wait(2_000)
    #expect(
      next.takeScans() == [
        "100 new: 4 uncertain (time-out)", "1000 calc: bad (time-out), 4 uncertain (time-out)",
      ])
  }
}
